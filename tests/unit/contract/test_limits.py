from contract import limits


def test_a_press_is_resent_sooner_than_its_connection_is_given_up() -> None:
    assert limits.PANIC_RESEND_FIRST_S < limits.PANIC_PUBACK_TIMEOUT_S
    assert limits.PANIC_PUBACK_TIMEOUT_S < limits.PANIC_RECEIVED_TIMEOUT_S
    assert limits.PANIC_RECEIVED_TIMEOUT_S < limits.PANIC_TIMEOUT_MAX_S


def test_the_ladder_climbs() -> None:
    assert list(limits.LADDER_S) == sorted(set(limits.LADDER_S))
    assert limits.LADDER_S[0] == 0


def test_the_pauses_of_history_double_up_to_an_hour() -> None:
    assert limits.HISTORY_RETRY_S == (240, 480, 960, 1920, 3600)
    assert limits.UNSTORED_RESEND_S > limits.STORED_EVERY_S
