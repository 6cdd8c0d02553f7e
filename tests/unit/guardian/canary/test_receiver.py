"""What the canary's webhook believes."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from guardian.canary.receiver import Receiver

SECRET = "whsec_c2VjcmV0IG9mIHRoZSBjYW5hcnkncyBob29r"
OTHER = "whsec_b3RoZXIgc2VjcmV0IG9mIHNvbWVib2R5"


class Deaf(Receiver):
    """Without a port."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []
        self._webhook = Webhook(SECRET)
        self._on_alert = lambda incident, presses: self.told.append((incident, presses))


def post(receiver: Receiver, body: str, secret: str = SECRET) -> int:
    at = datetime.now(UTC)
    headers = {
        "webhook-id": "1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("1", at, body),
    }
    return receiver.take(body.encode(), headers)


def test_an_alert_with_our_signature_is_told() -> None:
    receiver = Deaf()
    assert post(receiver, '{"data": {"incident": "i", "presses": 3, "reason": "pressed"}}') == 204
    assert receiver.told == [("i", 3)]


def test_what_is_no_alert_is_answered_and_not_told() -> None:
    receiver = Deaf()
    assert post(receiver, '{"data": {"incident": "i", "presses": 3, "reason": "changed"}}') == 204
    assert receiver.told == []


@pytest.mark.parametrize(("body", "secret"), [("{}", OTHER), ("{}", SECRET), ("nothing", SECRET)])
def test_a_forgery_and_nonsense_are_refused(body: str, secret: str) -> None:
    receiver = Deaf()
    assert post(receiver, body, secret) == 401
    assert receiver.told == []
