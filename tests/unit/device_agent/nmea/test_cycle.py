"""The end of the cycle is learnt from three cycles alike, and unlearnt by one that differs."""

from device_agent.nmea.cycle import LEARNT_AFTER, CycleEnd

CYCLE = ("GPGGA", "GNGSA", "GNGSA", "GPRMC")
UNTIMED = ("GNGSA", "GPVTG")


def hear(cycle: CycleEnd, tod_ms: int, keys: tuple[str, ...] = CYCLE) -> list[bool]:
    return [cycle.hear(key, None if key in UNTIMED else tod_ms) for key in keys]


def test_the_end_is_known_after_three_cycles_alike() -> None:
    cycle = CycleEnd()
    for second in range(LEARNT_AFTER):
        assert not any(hear(cycle, second * 1000))
    assert hear(cycle, 9000) == [False, False, False, True]
    assert hear(cycle, 10_000) == [False, False, False, True]


def test_the_second_of_a_kind_is_told_from_the_first() -> None:
    cycle = CycleEnd()
    keys = ("GPGGA", "GPRMC", "GNGSA", "GNGSA")
    for second in range(LEARNT_AFTER):
        hear(cycle, second * 1000, keys)
    assert hear(cycle, 9000, keys) == [False, False, False, True]


def test_a_longer_cycle_unlearns_it() -> None:
    cycle = CycleEnd()
    for second in range(LEARNT_AFTER + 1):
        hear(cycle, second * 1000)
    assert hear(cycle, 8000, (*CYCLE, "GPGLL")) == [False, False, False, True, False]
    for second in range(LEARNT_AFTER):
        assert not any(hear(cycle, 9000 + second * 1000))
    assert any(hear(cycle, 20_000))


def test_alternating_ends_are_never_learnt() -> None:
    cycle = CycleEnd()
    for second in range(20):
        tail = ("GPGLL",) if second % 2 else ()
        assert not any(hear(cycle, second * 1000, (*CYCLE, *tail)))


def test_a_pause_tells_the_end_where_the_next_cycle_begins_without_a_time() -> None:
    """GSA before RMC: by the times alone it would look like the end of the cycle before."""
    cycle = CycleEnd()
    keys = ("GNGSA", "GPRMC", "GPGGA")
    for second in range(LEARNT_AFTER):
        hear(cycle, second * 1000, keys)
        cycle.pause()
        cycle.pause()
    assert hear(cycle, 9000, keys) == [False, False, True]
    cycle.pause()
    assert hear(cycle, 10_000, keys) == [False, False, True]


def test_a_pause_before_anything_is_no_end() -> None:
    cycle = CycleEnd()
    cycle.pause()
    assert hear(cycle, 0) == [False] * 4
