"""The webhook against a real HTTP server on loopback."""

import datetime as dt
import ipaddress
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook, WebhookVerificationError

from contract.errors import TransientError
from contract.messages import Incident
from dispatcher.answers import Place
from dispatcher.channels import posting
from dispatcher.channels.posting import GoneError, NotDeliveredError, PlainHttpError
from dispatcher.channels.webhook import WebhookChannel, WebhookTarget
from dispatcher.channels.webhook_address import ForbiddenAddressError, UnresolvedError, resolve
from dispatcher.message import Message
from runtime.clock import ManualClock, SystemClock
from tests.integration.dispatcher.receiver import Receiver, drip

pytestmark = pytest.mark.integration

OLD = "whsec_b2xkIHNlY3JldCBvZiB0aGUgd2ViaG9vaw=="
NEW = "whsec_bmV3IHNlY3JldCBvZiB0aGUgd2ViaG9vaw=="
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
NOW = 1_700_000_000_000


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


def message(**fields: Any) -> Message:
    incident = Incident(
        incident="6e1f0f4c-0000-5000-8000-000000000001", version=3, class_="production",
        origin="panic", state="raised", priority=2, marks=["late"], opened_at=NOW,
        kind="button", device="tracker-a", pressed_at=NOW,
    )  # fmt: skip
    shared: dict[str, Any] = {
        "id": f"{incident.incident}.0", "reason": "escalated", "at": NOW, "incident": incident,
        "presses": 2, "changed_at": NOW, "silent": True, "step": 1, "note": "he has a knife",
        "place": Place(lat=25.03, lon=121.56, received_at=NOW, time=NOW),
    }  # fmt: skip
    return Message(**{**shared, **fields})


def channel(url: str, clock: Any = None, **target: Any) -> WebhookChannel:
    resolver = target.pop("resolver", resolve)
    shared: dict[str, Any] = {"secrets": (NEW,), "allowed": LOOPBACK}
    made = WebhookTarget(url=url, **{**shared, **target})
    return WebhookChannel(made, clock or SystemClock(), "/guardian/test", resolver=resolver)


def to(receiver: Receiver, **target: Any) -> WebhookChannel:
    return channel(f"http://127.0.0.1:{receiver.port}/hook?station=7", **target)


def test_it_is_signed_as_standard_webhooks_say(receiver: Receiver) -> None:
    to(receiver, console_url="https://console.example/").send(message())
    (request,) = receiver.requests
    event = Webhook(NEW).verify(request.body, request.headers)
    assert request.path == "/hook?station=7"
    assert request.headers["Content-Type"].startswith("application/cloudevents+json")
    assert (event["specversion"], event["source"]) == ("1.0", "/guardian/test")
    assert event["id"] == request.headers["webhook-id"] == message().id
    assert event["type"] == "org.guardian.alert.escalated"
    assert event["subject"] == event["data"]["incident"] == message().incident.incident
    assert event["time"] == "2023-11-14T22:13:20.000Z"
    data = event["data"]
    assert (data["class"], data["step"], data["presses"]) == ("production", 1, 2)
    assert data["link"] == f"https://console.example/#{message().incident.incident}"
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(request.body + b" ", request.headers)


def test_during_a_rotation_both_secrets_sign(receiver: Receiver) -> None:
    to(receiver, secrets=(OLD, NEW)).send(message())
    (request,) = receiver.requests
    for secret in (OLD, NEW):
        assert Webhook(secret).verify(request.body, request.headers)["id"] == message().id


def test_it_is_thin_unless_it_may_be_full(receiver: Receiver) -> None:
    to(receiver).send(message())
    to(receiver, full=True).send(message())
    to(receiver, full=True).send(message(place=None))
    thin, full, closed = (json.loads(request.body)["data"] for request in receiver.requests)
    assert not {"place", "note", "silent"} & set(thin)
    assert b"25.03" not in receiver.requests[0].body
    assert (full["place"]["lat"], full["note"], full["silent"]) == (25.03, "he has a knife", True)
    assert "place" not in closed


def test_the_id_is_the_same_over_retries_and_the_time_is_new(receiver: Receiver) -> None:
    clock = ManualClock()
    sender = to(receiver, clock=clock)
    receiver.status = 500
    with pytest.raises(NotDeliveredError, match="500"):
        sender.send(message())
    clock.advance(30)
    receiver.status = 200
    sender.send(message())
    first, second = (request.headers for request in receiver.requests)
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 30
    assert first["webhook-signature"] != second["webhook-signature"]


@pytest.mark.parametrize("status", [199, 300, 301, 304, 400, 401, 404, 409, 429, 500, 503])
def test_only_2xx_is_success(receiver: Receiver, status: int) -> None:
    receiver.status = status
    with pytest.raises(TransientError):
        to(receiver).send(message())


def test_who_is_gone_for_good_is_told_apart(receiver: Receiver) -> None:
    receiver.status = 410
    with pytest.raises(GoneError, match="410"):
        to(receiver).send(message())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(receiver: Receiver, status: int) -> None:
    receiver.status = status
    receiver.headers = {"Location": f"http://127.0.0.1:{receiver.port}/metadata"}
    with pytest.raises(NotDeliveredError, match=str(status)):
        to(receiver).send(message())
    assert [request.path for request in receiver.requests] == ["/hook?station=7"]


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "10.0.0.1", "::1"]
)
def test_it_does_not_connect_to_what_it_must_not_reach(receiver: Receiver, address: str) -> None:
    sender = channel(
        f"http://innocent.example:{receiver.port}/", resolver=lambda _host, _port: [address]
    )
    with pytest.raises(ForbiddenAddressError):
        sender.send(message())
    assert receiver.requests == []


def test_loopback_needs_the_allow_list(receiver: Receiver) -> None:
    with pytest.raises(ForbiddenAddressError):
        to(receiver, allowed=()).send(message())
    assert receiver.requests == []


def test_a_name_that_changes_its_mind_gains_nothing(receiver: Receiver) -> None:
    """DNS rebinding: it is asked once, and what was checked is what is connected to."""
    answers = [["127.0.0.1"], ["169.254.169.254"], ["169.254.169.254"]]
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers.pop(0)

    sender = channel(f"http://rebind.example:{receiver.port}/", resolver=rebinding)
    sender.send(message())
    assert asked == ["rebind.example"]
    assert receiver.requests[0].headers["Host"] == f"rebind.example:{receiver.port}"
    with pytest.raises(ForbiddenAddressError):
        sender.send(message())
    assert len(receiver.requests) == 1


def test_the_next_address_is_tried_when_the_first_is_dead(receiver: Receiver) -> None:
    addresses = ["127.0.0.2", "127.0.0.1"]  # nobody listens at the first
    sender = channel(
        f"http://two.example:{receiver.port}/", resolver=lambda _host, _port: addresses
    )
    sender.send(message())
    assert len(receiver.requests) == 1


def test_plain_http_only_within_the_allow_list() -> None:
    sender = channel("http://hooks.example/", resolver=lambda _host, _port: ["93.184.215.14"])
    with pytest.raises(PlainHttpError):
        sender.send(message())


def test_a_name_that_does_not_resolve_is_said_to_be_unresolved() -> None:
    with pytest.raises(UnresolvedError):
        channel(f"https://{'x' * 70}.invalid/").send(message())


def test_who_accepts_and_says_nothing_is_given_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "CONNECT_S", 0.3)
    given_up = Event()
    receiver.misbehave = lambda _handler: given_up.wait(60)
    with pytest.raises(NotDeliveredError, match=r"(?i)time"):
        to(receiver).send(message())
    given_up.set()


def test_who_answers_drop_by_drop_is_given_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "TOTAL_S", 0.5)
    receiver.misbehave = drip
    with pytest.raises(NotDeliveredError):
        to(receiver).send(message())


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A certificate for hooks.example that certifies itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def https(authority: Path) -> Iterator[Receiver]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    made = Receiver(tls=context)
    yield made
    made.stop()


def here(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


def test_https_asks_for_the_name_and_checks_it(https: Receiver, authority: Path) -> None:
    """By address, so that the checked one is reached; name and certificate are the host's."""
    url = f"https://hooks.example:{https.port}/hook"
    channel(url, ca_file=authority, resolver=here).send(message())
    assert https.names == ["hooks.example"]
    assert https.requests[0].headers["Host"] == f"hooks.example:{https.port}"


def test_https_refuses_another_name_and_an_unknown_authority(
    https: Receiver, authority: Path
) -> None:
    other = f"https://other.example:{https.port}/"
    with pytest.raises(NotDeliveredError, match=r"(?i)certificate|hostname"):
        channel(other, ca_file=authority, resolver=here).send(message())
    known = f"https://hooks.example:{https.port}/"
    with pytest.raises(NotDeliveredError, match=r"(?i)certificate"):
        channel(known, resolver=here).send(message())
    assert https.requests == []
