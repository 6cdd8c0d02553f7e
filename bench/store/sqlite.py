"""A year of one tracker at 1 Hz in the embedded store: written, read, and kept short.

    python bench/store/sqlite.py --rows 31536000 --folder /var/tmp

Reports processor time and bytes a row, the time of a day's track from a file that the kernel has
in its cache and from one that it does not, and how long a writer waits while old rows are deleted.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random

from contract.messages import Location
from telemetry_store.rows import LocationRow
from telemetry_store.settings import DAY_MS, Retention
from telemetry_store.sqlite import SqliteStore

START_MS = 1_700_000_000_000
BATCH = 5_000
DAY_ROWS = 86_400
DEVICE = "tracker-17"


def walk(rows: int) -> Iterator[LocationRow]:
    """Return the reports of a tracker that sends everything it knows each second."""
    dice = Random(1)
    lat, lon = 25.033, 121.5654
    for seq in range(rows):
        lat += dice.uniform(-1e-5, 1e-5)
        lon += dice.uniform(-1e-5, 1e-5)
        yield LocationRow(
            DEVICE,
            Location(
                boot="0a1b2c3d", seq=seq, time=START_MS + seq * 1000, lat=round(lat, 7),
                lon=round(lon, 7), alt=round(dice.uniform(0, 50), 1),
                speed=round(dice.uniform(0, 15), 2), course=round(dice.uniform(0, 360), 1),
                accuracy=round(dice.uniform(3, 9), 1), hdop=round(dice.uniform(0.7, 2), 2),
                satellites=9, fix="gps", battery=80, trigger="interval", clock="gps",
            ),
        )  # fmt: skip


def write(store: SqliteStore, rows: int) -> None:
    """Write the rows as ingest does, some thousand in a transaction."""
    source, cpu, wall, worst = walk(rows), 0.0, 0.0, 0.0
    for _ in range(0, rows, BATCH):
        batch = list(islice(source, BATCH))
        began, began_cpu = time.perf_counter(), time.process_time()
        store.write(batch)
        took = time.perf_counter() - began
        cpu, wall, worst = cpu + time.process_time() - began_cpu, wall + took, max(worst, took)
    print(
        f"written: {rows:,} rows in {wall:.0f} s, {cpu / rows * 1e6:.1f} us of CPU a row,"
        f" the slowest {BATCH:,} in {worst:.2f} s"
    )


def read(store: SqliteStore, rows: int, label: str, before: Callable[[], None]) -> None:
    """Read five days, spread over the whole time."""
    day = min(DAY_ROWS, rows)
    walls, cpus = [], []
    for part in range(5):
        start = START_MS + (rows - day) * part // 4 * 1000
        before()
        began, began_cpu = time.perf_counter(), time.process_time()
        found = store.track(DEVICE, start, start + day * 1000, day)
        walls.append(time.perf_counter() - began)
        cpus.append(time.process_time() - began_cpu)
        assert len(found) == day
    print(
        f"a day's track ({day:,} rows), {label}: {statistics.median(walls):.2f} s"
        f" ({min(walls):.2f}-{max(walls):.2f}), CPU {statistics.median(cpus):.2f} s"
    )


def prune(path: Path, store: SqliteStore, rows: int) -> None:
    """Delete the first month, while another opener writes a row at a time."""
    kept_days, old = 30, min(rows * 9 // 10, 30 * DAY_ROWS)
    now = START_MS + old * 1000 + kept_days * DAY_MS
    other = SqliteStore(path, Retention(telemetry_days=kept_days, released_days=kept_days))
    done, waits = threading.Event(), list[float]()

    def write_on() -> None:
        seq = 0
        while not done.wait(0.02):
            place = Location(boot="ffffffff", seq=seq, time=now + seq, lat=25.0, lon=121.0)
            began = time.perf_counter()
            other.write([LocationRow("tracker-18", place)])
            waits.append(time.perf_counter() - began)
            seq += 1

    writer = threading.Thread(target=write_on)
    writer.start()
    began = time.perf_counter()
    deleted = store.prune(now)
    took = time.perf_counter() - began
    done.set()
    writer.join()
    other.close()
    print(
        f"deleted: {deleted:,} rows in {took:.0f} s; meanwhile another writer waited"
        f" {statistics.median(waits) * 1000:.0f} ms at the median, {max(waits) * 1000:.0f} at most"
    )


def forget(path: Path) -> Callable[[], None]:
    """Return what makes the kernel drop the file from its cache."""

    def drop() -> None:
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    return drop


def main() -> None:
    """Write, read, delete, and print each result."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--folder", type=Path, default=None)
    chosen = options.parse_args()
    keep = Retention(telemetry_days=30, released_days=30)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        path = Path(folder) / "telemetry.db"
        store = SqliteStore(path, keep)
        write(store, chosen.rows)
        size = path.stat().st_size
        print(f"file: {size / 1e9:.2f} GB, {size / chosen.rows:.0f} bytes a row")
        read(store, chosen.rows, "warm", lambda: None)
        read(store, chosen.rows, "not in the kernel's cache", forget(path))
        prune(path, store, chosen.rows)
        print(f"file afterwards: {path.stat().st_size / 1e9:.2f} GB, its free pages used again")
        store.close()


if __name__ == "__main__":
    main()
