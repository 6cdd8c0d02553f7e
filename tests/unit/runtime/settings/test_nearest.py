from runtime.settings.nearest import nearest


def test_the_nearest_word_is_offered() -> None:
    assert nearest("borkers", ["brokers", "boot", None]) == "; did you mean 'brokers'?"


def test_nothing_is_offered_when_nothing_is_near() -> None:
    assert nearest("zzz", ["brokers"]) == ""
