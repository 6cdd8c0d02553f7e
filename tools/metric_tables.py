"""Write each process's metrics into docs/metrics.md: `python -m tools.metric_tables`."""

import re
from pathlib import Path

from broker_config.watch.metrics import WatchMetrics
from dispatcher.metrics import Metrics
from guardian.canary.metrics import CanaryMetrics
from ingest.metrics import IngestMetrics
from runtime.metric_list import MetricList, markdown

PAGE = Path(__file__).resolve().parent.parent / "docs" / "metrics.md"
_MARKED = re.compile(r"(<!-- metrics of (?P<process>\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def lists() -> dict[str, MetricList]:
    """Return every process's metrics, by its name on the page."""
    return {
        "dispatcher": Metrics().list,
        "ingest": IngestMetrics().list,
        "watch": WatchMetrics().list,
        "canary": CanaryMetrics().list,
    }


def current() -> str:
    """Return the page as it should be."""
    known = lists()
    return _MARKED.sub(
        lambda found: found[1] + markdown(known[found["process"]].described) + found[3],
        PAGE.read_text(),
    )


if __name__ == "__main__":
    PAGE.write_text(current())
