from ingest.metrics import IngestMetrics

FAULTS = ("dead_letters", "store_retries", "loop_errors")


def test_the_first_fault_is_a_rise() -> None:
    """A counter that comes into being at 1 has not risen, to Prometheus."""
    samples = [
        sample
        for family in IngestMetrics().registry.collect()
        for sample in family.samples
        if family.name.removeprefix("guardian_ingest_") in FAULTS
    ]
    assert {tuple(sample.labels.values()) for sample in samples} == {
        ("unreadable",), ("implausible_time",), ("rejected",), ("unavailable",), ("denied",),
        ("prune",),
    }  # fmt: skip
    assert {sample.value for sample in samples} == {0}


def test_what_was_promised_is_there() -> None:
    names = {each.name.removeprefix("guardian_ingest_") for each in IngestMetrics().list.described}
    assert names >= {
        "messages_received_total", "rows_written_total", "rows_marked_total", "dead_letters_total",
        "store_retries_total", "lag_seconds", "batch_rows", "write_seconds",
        "unacknowledged_messages",
    }  # fmt: skip


def test_labels_come_from_short_lists() -> None:
    labels = {label for each in IngestMetrics().list.described for label in each.labels}
    assert labels == {"topic", "mark", "reason", "loop"}
