"""The metrics of one process, each with what it means and when to worry: docs/metrics.md."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

# A second series for each counter, which nobody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]

MetricType = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, kw_only=True)
class Described:
    """One metric under the name by which it is asked for; `worry` is empty where nobody need."""

    name: str
    type: MetricType
    labels: tuple[str, ...]
    meaning: str
    worry: str


class MetricList:
    """Makes metrics in a registry and remembers what was said of them.

    Label values come from short fixed lists: never a device id, never a position.
    """

    def __init__(self, registry: CollectorRegistry | None = None, *, prefix: str = "") -> None:
        self.registry = registry or CollectorRegistry()
        self._prefix = prefix
        self.described: list[Described] = []

    def counter(self, name: str, meaning: str, *labels: str, worry: str = "") -> Counter:
        """Make a counter; it is asked for as `name`_total."""
        self.describe(f"{name}_total", "counter", meaning, labels, worry)
        return Counter(self._prefix + name, meaning, labels, registry=self.registry)

    def gauge(self, name: str, meaning: str, *labels: str, worry: str = "") -> Gauge:
        """Make a gauge."""
        self.describe(name, "gauge", meaning, labels, worry)
        return Gauge(self._prefix + name, meaning, labels, registry=self.registry)

    def histogram(
        self, name: str, meaning: str, *labels: str, buckets: Sequence[float], worry: str = ""
    ) -> Histogram:
        """Make a histogram; `buckets` are the upper bounds."""
        self.describe(name, "histogram", meaning, labels, worry)
        return Histogram(
            self._prefix + name, meaning, labels, buckets=buckets, registry=self.registry
        )

    def describe(
        self, name: str, type_: MetricType, meaning: str, labels: Sequence[str], worry: str
    ) -> None:
        """Remember a metric that a collector of its own makes."""
        self.described.append(
            Described(
                name=self._prefix + name,
                type=type_,
                labels=tuple(labels),
                meaning=meaning,
                worry=worry,
            )
        )


def begin(counter: Counter, values: Iterable[str]) -> None:
    """Show 0 for these values of the one label: a counter that begins with 1 has not risen."""
    for value in values:
        counter.labels(value)


def markdown(described: Sequence[Described]) -> str:
    """Return the metrics as a table."""
    rows = [
        f"| `{each.name}` | {each.type} | {_labels(each)} | {each.meaning} | {each.worry} |"
        for each in described
    ]
    head = ["| metric | type | labels | meaning | when to worry |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


def _labels(each: Described) -> str:
    return ", ".join(f"`{label}`" for label in each.labels)
