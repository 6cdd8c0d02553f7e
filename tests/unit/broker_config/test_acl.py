import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_config import acl, samples
from contract.errors import InvalidIdError
from contract.topics import TOPICS

DEVICES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True).filter(
    lambda name: name != "dispatch"
)


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_a_tracker_writes_and_reads_below_its_own_name_only() -> None:
    """Every line is a pattern in which the certificate's name stands for the device."""
    assert sorted(lines(acl.trackers_acl())) == [
        "pattern read guardian/v1/%u/command",
        "pattern read guardian/v1/%u/receipt",
        "pattern read guardian/v1/%u/stored",
        "pattern write guardian/v1/%u/history",
        "pattern write guardian/v1/%u/journey",
        "pattern write guardian/v1/%u/location",
        "pattern write guardian/v1/%u/panic",
        "pattern write guardian/v1/%u/status",
        "pattern write guardian/v1/%u/text",
    ]


def test_every_right_of_the_contract_stands_in_a_list() -> None:
    """A new topic reaches the broker without a change here."""
    services = acl.services_acl([f"svc.{role}.1" for role in acl.SERVICE_ROLES])
    granted = lines(acl.trackers_acl()) + lines(services)
    rights = [line for line in granted if not line.startswith("user") and "$SYS" not in line]
    assert len(rights) == sum(len(each.senders) + len(each.receivers) for each in TOPICS)


@given(st.sets(DEVICES, max_size=5))
def test_revoked_trackers_are_denied_before_anything_is_granted(denied: set[str]) -> None:
    """Each has a user line and a denial; the patterns follow."""
    text = lines(acl.trackers_acl(denied))
    expected = [
        line for name in sorted(denied) for line in (f"user {name}", "topic deny guardian/#")
    ]
    assert text[: len(expected)] == expected
    assert text[len(expected) :] == lines(acl.trackers_acl())


def test_a_service_has_the_rights_of_its_part() -> None:
    """The name says which part it is; instances are alike."""
    one = lines(acl.services_acl(["svc.ingest.1"]))
    other = lines(acl.services_acl(["svc.ingest.backup"]))
    assert one[0] == "user svc.ingest.1"
    assert other[0] == "user svc.ingest.backup"
    assert one[1:] == other[1:]
    assert "topic read guardian/v1/+/location" in one
    assert "topic read guardian/v1/+/panic" not in one


def test_only_a_tool_reads_the_brokers_statistics() -> None:
    """Counters of the broker are for those who watch it."""
    assert "topic read $SYS/#" in lines(acl.services_acl(["svc.tool.1"]))
    assert "$SYS" not in acl.services_acl(["svc.ingest.1", "svc.dispatcher.1"])


def test_a_revoked_service_has_no_right_left() -> None:
    """Its block is the denial alone."""
    text = acl.services_acl(["svc.tool.1", "svc.tool.2"], ["svc.tool.2"])
    assert lines(text)[-2:] == ["user svc.tool.2", "topic deny guardian/#"]


@pytest.mark.parametrize(
    "name", ["svc.tracker.1", "svc.other.1", "tracker-a", "svc.ingest", "svc.ingest.1\ntopic #"]
)
def test_a_name_of_no_part_is_refused(name: str) -> None:
    """Nothing gets into the list that is not a service's name."""
    with pytest.raises(InvalidIdError):
        acl.services_acl([name])


@pytest.mark.parametrize("name", ["a\ntopic readwrite #", "a b", "dispatch", "svc.ingest.1", ""])
def test_a_denial_takes_device_ids_only(name: str) -> None:
    """A line break in a name would be a line of its own."""
    with pytest.raises(InvalidIdError):
        acl.trackers_acl([name])


def test_the_checked_in_samples_are_current() -> None:
    """Write them anew with: python -m broker_config.samples."""
    expected = samples.samples()
    found = {path.name: path.read_text() for path in samples.FOLDER.iterdir()}
    assert found == expected
