from dispatcher.incident.classes import class_of


def test_the_canarys_ids_are_canaries_whatever_they_press() -> None:
    assert class_of("canary-1", "button") == "canary"
    assert class_of("canary-1", "test") == "canary"


def test_a_test_says_so_and_everything_else_is_real() -> None:
    assert class_of("tracker-a", "test") == "test"
    assert class_of("tracker-a", "tamper") == "production"
