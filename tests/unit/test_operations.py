"""docs/operations.md says of each procedure how it was tried, and names what exists."""

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from dispatcher.metrics import Metrics
from ingest.metrics import IngestMetrics

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()
TOLD = ("What to watch", "Log lines that matter", "Change a secret")
"""Sections that are no procedure themselves."""
SECTIONS = dict(re.findall(r"^##+ (.+?)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
PARTS = ("contract", "runtime", "device_agent", "ingest", "dispatcher", "broker_config", "guardian")


@pytest.mark.parametrize("section", [each for each in SECTIONS if each not in TOLD])
def test_each_procedure_was_tried_or_says_that_it_was_not(section: str) -> None:
    assert re.search(r"\*(Tried|Not tried)[.:]\*", SECTIONS[section])


def test_the_tests_that_it_names_are_there() -> None:
    paths = set(re.findall(r"`(tests/[a-z0-9_/.]+)", PAGE))
    assert len(paths) > 8
    assert [each for each in paths if not (ROOT / each).exists()] == []
    tests = "\n".join(each.read_text() for each in (ROOT / "tests").rglob("*.py"))
    names = set(re.findall(r"\b(test_[a-z_]+)`", PAGE))
    assert len(names) > 10
    assert [each for each in names if f"def {each}(" not in tests] == []


def test_the_metrics_that_it_names_are_there() -> None:
    known = _names(Metrics().registry) | _names(IngestMetrics().registry)
    source = "\n".join(each.read_text() for each in (ROOT / "broker_config").rglob("*.py"))
    named = set(re.findall(r"`(guardian_[a-z_]+)`", PAGE))
    assert len(named) > 8
    unknown = [each for each in named if each not in known]
    assert [each for each in unknown if _broker_name(each) not in source] == []


def test_the_events_that_it_names_are_logged() -> None:
    table = SECTIONS["Log lines that matter"]
    rows = re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE)
    events = [event for row in rows for event in re.findall(r"`([a-z_]+)`", row)]
    assert len(events) > 10
    source = "\n".join(each.read_text() for part in PARTS for each in (ROOT / part).rglob("*.py"))
    assert [each for each in events if f'"{each}"' not in source] == []


def _names(registry: CollectorRegistry) -> set[str]:
    return {sample.name for metric in registry.collect() for sample in metric.samples} | {
        f"{metric.name}{'_total' if metric.type == 'counter' else ''}"
        for metric in registry.collect()
    }


def _broker_name(metric: str) -> str:
    """Return the name as the broker watch spells it, without prefix and suffix."""
    return metric.removeprefix("guardian_broker_").removeprefix("guardian_").removesuffix("_total")
