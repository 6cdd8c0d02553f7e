"""The reader as a program: serial port -> fixes as JSON lines on standard output.

    .venv/bin/python -m bench.agent.alone /dev/ttyUSB0 [--baud 9600]

The tracker's own port and reader, and nothing else of it.
"""

import argparse
import os
import sys
from pathlib import Path

import msgspec

from device_agent.baud import BaudSearch
from device_agent.events import Event, Heard
from device_agent.nmea.reader import NmeaReader
from device_agent.serial_port import Port
from runtime.clock import SystemClock
from runtime.lifecycle import Stopping, install

_encode = msgspec.json.Encoder().encode


def show(event: Event) -> None:
    """Write the fix of an epoch at once; the rest of what a port tells is of no interest."""
    if isinstance(event, Heard) and event.epoch.fix is not None:
        os.write(sys.stdout.fileno(), _encode(event.epoch.fix) + b"\n")


def main() -> None:
    """Read until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=Path)
    parser.add_argument("--baud", type=int, default=9600)
    chosen = parser.parse_args()
    stopping = Stopping()
    install(stopping)
    search = BaudSearch(chosen.baud, None)
    Port(
        chosen.port, search, NmeaReader(), show,
        clock=SystemClock(), stopping=stopping, remember=lambda _rate: None,
    ).run()  # fmt: skip


if __name__ == "__main__":
    main()
