from prometheus_client import generate_latest

from runtime.metric_list import Described, MetricList, begin, markdown


def test_a_metric_is_made_and_described_under_one_name() -> None:
    metrics = MetricList(prefix="guardian_")
    metrics.counter("panics", "panics taken", "action", worry="never").labels("open").inc(2)
    metrics.gauge("up", "1 while up").set(1)
    metrics.histogram("seconds", "time taken", buckets=(1, 2)).observe(1.5)
    page = generate_latest(metrics.registry).decode()
    assert 'guardian_panics_total{action="open"} 2.0' in page
    assert "guardian_up 1.0" in page
    assert 'guardian_seconds_bucket{le="2.0"} 1.0' in page
    assert "_created" not in page
    assert [(each.name, each.type) for each in metrics.described] == [
        ("guardian_panics_total", "counter"),
        ("guardian_up", "gauge"),
        ("guardian_seconds", "histogram"),
    ]


def test_a_fault_begins_with_nought() -> None:
    metrics = MetricList()
    begin(metrics.counter("faults", "faults seen", "reason"), ("a", "b"))
    page = generate_latest(metrics.registry).decode()
    assert 'faults_total{reason="a"} 0.0' in page
    assert 'faults_total{reason="b"} 0.0' in page


def test_a_table_has_a_line_for_each() -> None:
    metric = Described(
        name="guardian_x", type="gauge", labels=("a", "b"), meaning="what it is", worry="it rises"
    )
    assert markdown([metric]).splitlines()[2:] == [
        "| `guardian_x` | gauge | `a`, `b` | what it is | it rises |"
    ]
