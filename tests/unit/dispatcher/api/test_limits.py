"""How often a program may ask."""

from dispatcher.api.limits import BURST, TOKENS, WINDOW_S, Buckets
from runtime.clock import ManualClock
from tests.unit.dispatcher.api.conftest import Office


def test_a_bucket_empties_and_fills() -> None:
    clock = ManualClock()
    buckets = Buckets(clock)
    assert [buckets.take("a")[0] for _ in range(BURST)] == list(reversed(range(BURST)))
    left, wait_s = buckets.take("a")
    assert left == -1
    assert 0 < wait_s <= WINDOW_S / BURST
    assert buckets.take("b")[0] == BURST - 1, "another token has its own"
    clock.advance(WINDOW_S / 2)
    assert buckets.take("a")[0] == BURST // 2 - 1
    clock.advance(1000)
    assert buckets.take("a")[0] == BURST - 1


def test_it_remembers_no_more_than_it_must() -> None:
    buckets = Buckets(ManualClock())
    for number in range(TOKENS + 1):
        buckets.take(str(number))
    assert len(buckets._left) == TOKENS


def test_a_token_that_asks_too_often_is_told_when_to_come_again(office: Office) -> None:
    client = office.bearer()
    first = client.get("/api/v1/session")
    assert first.headers["RateLimit"] == f'"token";r={BURST - 1};t={WINDOW_S}'
    assert first.headers["RateLimit-Policy"] == f'"token";q={BURST};w={WINDOW_S}'
    for _ in range(BURST - 1):
        client.get("/nowhere")
    answer = client.get("/api/v1/session")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.post("/api/v1/panics", json={"text": "help"}).status_code == 200, "never a panic"
    assert office.logged_in().get("/api/v1/session").status_code == 200, "nor a person"
    office.clock.advance(1)
    assert client.get("/api/v1/session").status_code == 200
