import pytest

from dispatcher.channels.posting import NotDeliveredError
from dispatcher.escalation.heart import SOUND_S, Heart
from dispatcher.metrics import Metrics
from runtime.clock import ManualClock


class Posting:
    """Stands for the poster, which has its own tests."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.broken = False

    def post(self, message_id: str, body: bytes, content_type: str) -> None:
        del body, content_type
        if self.broken:
            raise NotDeliveredError("broken by the test")
        self.sent.append(message_id)


@pytest.fixture
def posting() -> Posting:
    return Posting()


def test_it_beats_only_while_the_auditor_goes_round(
    posting: Posting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatcher.escalation.heart.Poster", lambda *_: posting)
    clock, metrics = ManualClock(), Metrics()

    def counted(result: str) -> float | None:
        return metrics.registry.get_sample_value("guardian_heartbeats_total", {"result": result})

    heart = Heart("https://watcher.example/beat", (), clock, metrics)
    heart.turn()
    assert (posting.sent, counted("withheld")) == ([], 1)
    heart.sound()
    heart.turn()
    clock.advance(SOUND_S)
    heart.turn()
    assert (len(posting.sent), counted("sent")) == (2, 2)
    clock.advance(1)
    heart.turn()
    assert (len(posting.sent), counted("withheld")) == (2, 2)


def test_a_watcher_that_does_not_answer_is_counted(
    posting: Posting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatcher.escalation.heart.Poster", lambda *_: posting)
    metrics = Metrics()
    heart = Heart("https://watcher.example/beat", (), ManualClock(), metrics)
    heart.sound()
    posting.broken = True
    heart.turn()
    heart.turn()
    failed = {"result": "failed"}
    assert metrics.registry.get_sample_value("guardian_heartbeats_total", failed) == 2
