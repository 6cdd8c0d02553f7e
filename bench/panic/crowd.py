"""A thousand trackers press within ten seconds; then again, while one more presses 100/s.

    python -m bench.panic.crowd

Prints what each of the thousand waited for *received* and for its alert at a webhook.
"""

import argparse
import os
import time
from random import Random

from bench.panic.press import Press, Run, close_all, payload_of, print_row, settle
from bench.panic.site import Site, site
from bench.panic.trackers import Crowd, Tracker
from contract.topics import PANIC

WITHIN_S = 10.0
ABUSIVE_RATE = 100.0
ALERTS_S = 30.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trackers", type=int, default=1000)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    with site(options.store) as running:
        trackers = [Tracker(running.scene, f"press-{n:04d}") for n in range(options.trackers)]
        abuser = Tracker(running.scene, "abuser-1")
        print(f"## {options.store}, load {os.getloadavg()[0]:.1f}")
        print("| | | n | median | p99 | p99.9 | max |\n|---|---|---|---|---|---|---|", flush=True)
        for name, rate in (("alone", 0.0), ("beside 100/s", ABUSIVE_RATE)):
            _one(running, name, trackers, abuser, rate)
            close_all(running)


def _one(running: Site, name: str, trackers: list[Tracker], abuser: Tracker, rate: float) -> None:
    run, random = Run(), Random(1)
    crowd = Crowd(run.take)
    for each in (*trackers, abuser):
        crowd.add(each)
    due = [(random.uniform(0, WITHIN_S), each) for each in trackers]
    due += [(number / rate, abuser) for number in range(int(WITHIN_S * rate))]
    begin = time.monotonic() + 0.2
    for number, (after, tracker) in enumerate(sorted(due, key=lambda each: each[0])):
        crowd.work_until(begin + after)
        panic_id, payload = payload_of(number, random)
        press = run.presses[panic_id] = Press(
            begin + after, tracker.device, first=tracker is not abuser
        )
        tracker.send(PANIC.of(tracker.device), payload)
        press.sent = time.monotonic()
    settle(crowd, run)
    _await_alerts(running, run)
    _print(running, name, run)


def _await_alerts(running: Site, run: Run) -> None:
    end = time.monotonic() + ALERTS_S
    wanted = {each.incident for each in run.presses.values() if each.first and each.incident}
    while time.monotonic() < end and not wanted <= running.webhook.first.keys():
        time.sleep(0.1)


def _print(running: Site, name: str, run: Run) -> None:
    first, presses = running.webhook.first, run.presses.values()
    print_row(name, "press -> received", [
        (each.received - each.due) * 1000 for each in presses if each.first and each.received
    ])  # fmt: skip
    print_row(name, "press -> webhook", [
        (first[each.incident] - each.due) * 1000
        for each in presses if each.first and each.incident in first
    ])  # fmt: skip
    others = [each for each in presses if not each.first]
    print_row(name, "the one's presses", [
        (each.received - each.due) * 1000 for each in others if each.received
    ])  # fmt: skip
    lost = sum(not each.received for each in presses)
    print(f"| {name} | not received within 30 s | {lost} | | | | |", flush=True)


if __name__ == "__main__":
    main()
