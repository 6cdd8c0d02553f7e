"""Our reader beside gpsd and gpspipe: processor time for each fix as JSON, and memory.

    .venv/bin/python -m bench.agent.reader [--rounds 5] [--epochs 100] [--flat-epochs 3000]

A pseudo-terminal brings 10 epochs a second of 23 sentences, in one piece or as 460,800 baud over
USB would, and as fast as they are taken. Both programs run in turn, in each round; printed are the
medians. Counted from the first fixes on, so that starting is not in it. Needs gpsd and gpspipe.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.agent.epochs import epochs
from bench.agent.terminal import Terminal, cpu_s, memory_mb

WARM = 30
"""Epochs before the count begins: gpsd and our reader have learnt the cycle."""
PATIENCE_S = 60.0
_POLL_S = 0.02


class Load(NamedTuple):
    """How the epochs come."""

    name: str
    hz: float | None
    baud: int | None = None


class Used(NamedTuple):
    """What one run took."""

    us_per_fix: float
    peak_mb: float
    fixes: int


LOADS = (
    Load("10 Hz, an epoch in one piece", 10.0),
    Load("10 Hz, at 460,800 baud in packets of 64", 10.0, 460_800),
    Load("flat out", None),
)


@contextmanager
def ours(terminal: Terminal, out: Path) -> Iterator[list[int]]:
    """Run our reader; yield its process ids."""
    command = [sys.executable, "-m", "bench.agent.alone", terminal.path]
    with out.open("wb") as stream, _process(command, stream.fileno()) as pid:
        yield [pid]


@contextmanager
def gpsd(terminal: Terminal, out: Path) -> Iterator[list[int]]:
    """Run gpsd, which writes nothing to the receiver (-b), and gpspipe behind it."""
    port = str(_free_port())
    daemon = [shutil.which("gpsd") or "/usr/sbin/gpsd", "-N", "-n", "-b", "-S", port, terminal.path]
    with _process(daemon, subprocess.DEVNULL) as server:
        _until(lambda: _listens(int(port)))
        watch = ["gpspipe", "-w", f"127.0.0.1:{port}"]
        with out.open("wb") as stream, _process(watch, stream.fileno()) as client:
            _until(lambda: b"WATCH" in out.read_bytes())
            yield [server, client]


PROGRAMS = {"ours": ours, "gpsd": gpsd}
FIX = {"ours": b'"lat"', "gpsd": b'"class":"TPV"'}


def measure(program: str, load: Load, count: int, folder: Path) -> Used:
    """Return what one run of one program took for each fix."""
    out, terminal = folder / "out", Terminal()
    feed = epochs(WARM + count + 1, round(time.time()) * 1000)
    out.write_bytes(b"")
    try:
        with PROGRAMS[program](terminal, out) as pids:
            _until(lambda: program == "gpsd" or _reads(pids[0], terminal.path))
            terminal.play(feed[:WARM], load.hz or 100.0, load.baud)
            before, fixes = _settled(pids, out, FIX[program])
            terminal.play(feed[WARM:], load.hz, load.baud)
            after, now = _settled(pids, out, FIX[program])
            peak = sum(memory_mb(pid, "VmHWM") for pid in pids)
    finally:
        terminal.close()
    return Used((after - before) / (now - fixes) * 1e6, peak, now - fixes)


def _measured(program: str, load: Load, count: int, folder: Path) -> Used:
    """Measure once more where a program ended by itself, and say so."""
    while True:
        try:
            return measure(program, load, count, folder)
        except (FileNotFoundError, ProcessLookupError) as error:
            print(f"again: {error}", flush=True)


def _settled(pids: list[int], out: Path, fix: bytes) -> tuple[float, int]:
    """Wait until nothing more comes; return the processor time and how many fixes there are."""
    size, since = -1, time.monotonic()
    while time.monotonic() - since < 1.0:
        if out.stat().st_size != size:
            size, since = out.stat().st_size, time.monotonic()
        time.sleep(_POLL_S)
    fixes = sum(fix in line and b'"lat"' in line for line in out.read_bytes().splitlines())
    return sum(sum(cpu_s(pid).values()) for pid in pids), fixes


@contextmanager
def _process(command: list[str], stdout: int) -> Iterator[int]:
    process = subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


def _reads(pid: int, path: str) -> bool:
    opened = Path(f"/proc/{pid}/fd")
    return any(os.path.realpath(each) == path for each in opened.iterdir())


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("a program does not come up")
        time.sleep(_POLL_S)


def main(rounds: int, count: int, flat: int) -> None:
    """Print a line for each load: both programs' medians, and the median of the ratios."""
    print(f"{'load':42}{'ours us/fix':>12}{'gpsd':>8}{'ratio':>7}{'ours MB':>9}{'gpsd':>6}")
    with tempfile.TemporaryDirectory(prefix="guardian-bench-") as name:
        for load in LOADS:
            pairs = [
                {
                    each: _measured(each, load, count if load.hz else flat, Path(name))
                    for each in PROGRAMS
                }
                for _ in range(rounds)
            ]
            _report(load, pairs)


def _report(load: Load, pairs: list[dict[str, Used]]) -> None:
    us = {each: statistics.median(pair[each].us_per_fix for pair in pairs) for each in PROGRAMS}
    mb = {each: max(pair[each].peak_mb for pair in pairs) for each in PROGRAMS}
    ratio = statistics.median(pair["ours"].us_per_fix / pair["gpsd"].us_per_fix for pair in pairs)
    print(
        f"{load.name:42}{us['ours']:>12.0f}{us['gpsd']:>8.0f}{ratio:>7.2f}"
        f"{mb['ours']:>9.1f}{mb['gpsd']:>6.1f}   fixes",
        {each: [pair[each].fixes for pair in pairs] for each in PROGRAMS},
        flush=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--flat-epochs", type=int, default=3000)
    chosen = parser.parse_args()
    main(chosen.rounds, chosen.epochs, chosen.flat_epochs)
