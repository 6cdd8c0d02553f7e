"""Checks end in time, and whatever they do becomes a line."""

import time
from collections.abc import Iterator
from threading import Event

from guardian.doctor.finding import Check, Finding, ok
from guardian.doctor.runner import examine
from runtime.clock import SystemClock


def told(*checks: Check, limit_s: float = 5.0) -> list[Finding]:
    return examine(checks, limit_s=limit_s, clock=SystemClock())


def test_findings_come_in_the_order_of_the_checks() -> None:
    second_may_end = Event()

    def slow() -> Iterator[Finding]:
        assert second_may_end.wait(4)
        yield ok("clock.plausible", "first", "is well")

    def quick() -> Iterator[Finding]:
        yield ok("disk.space", "second", "is well")
        second_may_end.set()

    found = told(Check("clock", "first", slow), Check("disk", "second", quick))
    assert [each.about for each in found] == ["first", "second"]


def test_a_check_that_hangs_is_a_fault_and_what_it_found_before_is_kept() -> None:
    never = Event()

    def hangs() -> Iterator[Finding]:
        yield ok("broker.login", "one", "lets it in")
        never.wait(60)

    began = time.monotonic()
    found = told(Check("broker", "mqtts://10.255.255.1:8883", hangs), limit_s=0.1)
    assert time.monotonic() - began < 2
    never.set()
    assert [each.name for each in found] == ["broker.login", "broker.unfinished"]
    assert found[1].level == "fault"
    assert "0.1 s" in found[1].says
    assert found[1].remedy


def test_hanging_checks_wait_together_and_not_one_after_the_other() -> None:
    never = Event()

    def hangs() -> Iterator[Finding]:
        never.wait(60)
        yield from ()

    began = time.monotonic()
    found = told(*[Check("broker", str(number), hangs) for number in range(20)], limit_s=0.2)
    never.set()
    assert time.monotonic() - began < 2
    assert len(found) == 20


def test_a_bug_in_a_check_is_a_line_and_no_traceback() -> None:
    def breaks() -> Iterator[Finding]:
        yield ok("disk.space", "/", "is well")
        raise RuntimeError("of our own making")

    found = told(Check("disk", "/", breaks))
    assert [each.name for each in found] == ["disk.space", "disk.unfinished"]
    assert "of our own making" in found[1].says


def test_a_lacking_library_is_named_with_what_installs_it() -> None:
    def lacks(name: str) -> Finding:
        def imports() -> Iterator[Finding]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            yield

        return told(Check("store", "telemetry store", imports))[0]

    assert lacks("influxdb_client").remedy == "pip install 'guardian-safety[server]'"
    assert lacks("serial").remedy == "pip install 'guardian-safety[device]'"
    assert "influxdb_client" in lacks("influxdb_client").says
