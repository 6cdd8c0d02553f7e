import contextlib
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import ids
from contract.errors import InvalidIdError
from tests.unit.contract.strategies import devices


@given(devices())
def test_device_ids_are_safe_everywhere(device: str) -> None:
    assert ids.parse_device(device) == device
    assert not set(device) & set("/+#., ='\"\n\\")


@pytest.mark.parametrize(
    "text",
    ["", "-a", "_a", "A", "a.b", "a/b", "a+", "#", "a b", "a\n", "é", "a" * 64, "svc.ingest.1"],
)
def test_what_is_no_device_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdError, match="expected 1 to 63"):
        ids.parse_device(text)


def test_the_reserved_word_is_no_device_id() -> None:
    with pytest.raises(InvalidIdError, match="reserved"):
        ids.parse_device("dispatch")
    assert ids.parse_device("dispatcher") == "dispatcher"


@given(st.text())
def test_any_text_is_a_device_id_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidIdError):
        assert ids.parse_device(text) == text


@given(st.text(min_size=100))
def test_the_refusal_does_not_repeat_a_long_text(text: str) -> None:
    with pytest.raises(InvalidIdError) as caught:
        ids.parse_device(text)
    assert len(str(caught.value)) < 1000  # 80 characters, each perhaps as \\U00012345


def test_services_have_two_dots() -> None:
    assert ids.parse_service("svc.ingest.1") == "svc.ingest.1"


@given(devices())
def test_no_device_id_is_a_service(device: str) -> None:
    """A tracker with a service's client id would take its session over."""
    with pytest.raises(InvalidIdError):
        ids.parse_service(device)


@pytest.mark.parametrize("text", ["svc.ingest", "svc.ingest.1\n", "svc.Ingest.1", "x.ingest.1"])
def test_what_is_no_service_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdError):
        ids.parse_service(text)


def test_canaries_are_known_by_their_prefix() -> None:
    assert ids.is_canary("canary-1")
    assert not ids.is_canary("canary")
    assert not ids.is_canary("my-canary-1")


@given(st.uuids(allow_nil=False))
def test_a_uuid_is_read_in_every_form_of_the_rfc(made: uuid.UUID) -> None:
    for text in (str(made), str(made).upper(), made.urn, made.urn.upper()):
        assert ids.parse_uuid(text) == str(made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0190a6f0-0000-7000-8000-00000000000",
        "0190a6f0-0000-7000-8000-00000000000a\n",
        "{0190a6f0-0000-7000-8000-00000000000a}",
        "0190a6f0000070008000000000000000",
        "0190a6f0-0000-7000-8000-00000000000g",
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
    ],
)
def test_what_is_no_uuid_is_refused(text: str) -> None:
    """All 0 and all f stand for "no id": every press of such a device would be the same."""
    with pytest.raises(InvalidIdError, match="expected 8-4-4-4-12"):
        ids.parse_uuid(text)


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_uuid7_is_version_7_and_carries_the_time(now_ms: int, randomness: bytes) -> None:
    made = uuid.UUID(ids.uuid7(now_ms, randomness))
    assert made.variant == uuid.RFC_4122
    assert made.version == 7
    assert made.int >> 80 == now_ms
    assert re.search(ids.UUID_PATTERN, str(made))


@given(st.binary(min_size=10, max_size=10))
def test_later_uuids_sort_later(randomness: bytes) -> None:
    assert ids.uuid7(1000, b"\xff" * 10) < ids.uuid7(1001, randomness)


@given(st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_74_random_bits_are_kept(one: bytes, other: bytes) -> None:
    mask = int("0fff3fffffffffffffff", 16)
    same = int.from_bytes(one, "big") & mask == int.from_bytes(other, "big") & mask
    assert (ids.uuid7(5, one) == ids.uuid7(5, other)) == same


@pytest.mark.parametrize(("now_ms", "size"), [(-1, 10), (2**48, 10), (0, 9), (0, 11)])
def test_uuid7_refuses_what_does_not_fit(now_ms: int, size: int) -> None:
    with pytest.raises(InvalidIdError):
        ids.uuid7(now_ms, b"x" * size)
