"""docs/metrics.md says what the code counts."""

import re

import pytest

from runtime.metric_list import Described
from tools.metric_tables import PAGE, current, lists

ALL = [(process, each) for process, known in lists().items() for each in known.described]
FORBIDDEN = {"device", "tracker", "incident", "client", "user", "operator", "topic_name"}


def test_the_page_is_current() -> None:
    assert current() == PAGE.read_text(), "run: python -m tools.metric_tables"


def test_every_process_has_its_table() -> None:
    assert set(re.findall(r"metrics of (\w+)", PAGE.read_text())) == set(lists())


def test_no_name_means_two_things() -> None:
    names = [each.name for _, each in ALL]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("each", [each for _, each in ALL], ids=lambda each: each.name)
def test_each_is_named_as_prometheus_wants_it_and_names_nobody(each: Described) -> None:
    assert re.fullmatch(r"guardian_[a-z_]+[a-z]", each.name)
    assert each.name.endswith("_total") == (each.type == "counter")
    assert each.meaning
    assert "\n" not in each.meaning + each.worry
    assert "|" not in each.meaning + each.worry
    assert not FORBIDDEN & set(each.labels)
