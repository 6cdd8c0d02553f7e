"""How long it takes to find the jurisdiction of a place in the sample, and the nearest stations.

python bench/jurisdiction/places.py --places 3000
"""

import argparse
import statistics
import time
from collections.abc import Callable
from random import Random

from dispatcher.jurisdiction.table import Jurisdictions
from dispatcher.jurisdiction.taiwan import taiwan

SOUTH, NORTH, WEST, EAST = 22.0, 25.3, 120.2, 121.9


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=int, default=3000)
    count = parser.parse_args().places
    random = Random(1)
    places = [(random.uniform(SOUTH, NORTH), random.uniform(WEST, EAST)) for _ in range(count)]
    print(f"{'of':10} {'median':>9} {'p99':>9} {'max':>9}   ms")
    # What is remembered would be measured otherwise: a table for each.
    measure("area", Jurisdictions(taiwan().all()).at, places)
    measure("nearest", Jurisdictions(taiwan().all()).nearest, places)


def measure(
    name: str, ask: Callable[[float, float], object], places: list[tuple[float, float]]
) -> None:
    """Ask for each place once, and print the processor time that it took."""
    took = []
    for lat, lon in places:
        began = time.thread_time()
        ask(lat, lon)
        took.append((time.thread_time() - began) * 1000)
    p99 = statistics.quantiles(took, n=100)[98]
    print(f"{name:10} {statistics.median(took):9.3f} {p99:9.3f} {max(took):9.3f}")


if __name__ == "__main__":
    main()
