"""Panics as text: nothing of what a gateway brings is lost, and nothing counts twice."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.codec import decode
from contract.messages import Panic
from contract.panic_text import to_text
from dispatcher.errors import StoreUnavailableError
from dispatcher.gateway import Gateway, TextPanic, read
from dispatcher.inbox import UNKNOWN_DEVICE
from tests.unit.dispatcher.world import World, new_id

NOW = 1_700_000_000_000


def text_of(world: World, panic_id: str, update: int = 0, age_ms: int = 5000) -> str:
    location = world.here()
    panic = decode(Panic, world.payload(panic_id, update, location=location))
    return to_text("tracker-a", panic, age_ms)


def in_json(text: str, device: str | None = None) -> bytes:
    return msgspec.json.encode(TextPanic(text=text, device=device))


def test_a_text_is_raised_with_its_age_and_its_place(world: World) -> None:
    receipt = Gateway(world.desk, world.clock).take(in_json(text_of(world, new_id())))
    assert receipt.stage == "received"
    incident = world.desk.incident(receipt.incident or "")
    assert (incident.device, incident.kind, incident.marks) == ("tracker-a", "button", [])
    assert incident.pressed_at == world.clock.now_ms() - 5000
    assert incident.place is not None
    assert incident.place.lat == 25.03
    assert world.sent() == ["raised"]


def test_the_same_press_by_radio_and_by_text_is_one_press(world: World) -> None:
    panic_id, gateway = new_id(), Gateway(world.desk, world.clock)
    by_text = gateway.take(in_json(text_of(world, panic_id)))
    by_radio = world.press(panic_id=panic_id)
    again = gateway.take(in_json(text_of(world, panic_id)))
    news = gateway.take(in_json(text_of(world, panic_id, update=1)))
    assert {by_text.incident, by_radio.incident, again.incident} == {news.incident}
    assert (again.update, news.update) == (0, 1)
    (item,) = world.desk.incidents(None, None, 9).items
    assert item.presses == 1


@pytest.mark.parametrize(
    "wrap", [in_json, str.encode, lambda text: f"SMS from +886: {text}!".encode()]
)
def test_whatever_the_gateway_writes_around_it(world: World, wrap: Callable[[str], bytes]) -> None:
    text = text_of(world, new_id()).lower() + " "
    assert Gateway(world.desk, world.clock).take(wrap(text)).panic_id is not None


@pytest.mark.parametrize(
    ("text", "said", "device"),
    [
        ("G1 tracker-a damaged", None, "tracker-a"),
        ("G1 tracker-a damaged", "tracker-b", "tracker-b"),
        ("help", "tracker-b", "tracker-b"),
        ("help", "no such +886", UNKNOWN_DEVICE),
        ("help", None, UNKNOWN_DEVICE),
    ],
)
def test_an_unreadable_text_is_raised_and_marked(
    world: World, text: str, said: str | None, device: str
) -> None:
    gateway = Gateway(world.desk, world.clock)
    receipt = gateway.take(in_json(text, said))
    assert receipt.panic_id is None
    incident = world.desk.incident(receipt.incident or "")
    assert incident.device == device
    assert "unreadable" in incident.marks
    assert incident.silent
    assert gateway.take(in_json(text, said)).incident == receipt.incident, "a repeat"
    (item,) = world.desk.incidents(None, None, 9).items
    assert item.presses == 1


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail(body: bytes) -> None:
    panic = read(body, NOW)
    assert panic.device
    assert panic.reading.kind


def test_an_old_text_is_marked_late(world: World) -> None:
    text = text_of(world, new_id(), age_ms=600_000)
    receipt = Gateway(world.desk, world.clock).take(in_json(text))
    assert "late" in world.desk.incident(receipt.incident or "").marks


def test_without_a_database_it_alerts_from_memory_and_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise 4; the gateway is told to repeat."""
    kept: list[str] = []
    gateway = Gateway(
        world.desk, world.clock, alert=world.memory.alert,
        keep=lambda panic: kept.append(panic.device),
    )  # fmt: skip

    def broken(*_: object, **__: object) -> None:
        raise StoreUnavailableError("switched off by the test")

    text = in_json(text_of(world, new_id()))
    with monkeypatch.context() as patch:
        patch.setattr(world.database, "writing", broken)
        for _ in range(2):
            with pytest.raises(StoreUnavailableError):
                gateway.take(text)
    alerts = [e for e in world.desk.memory_events_after(0)[1] if e.type == "raised"]
    assert len(alerts) == 1
    assert kept == ["tracker-a", "tracker-a"]
    assert gateway.take(text).incident == alerts[0].incident
