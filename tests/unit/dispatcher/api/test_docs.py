"""The examples of docs/api.md are real: each is run against the API."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from fastapi.testclient import TestClient

from contract.ids import uuid7
from contract.messages import Incident
from dispatcher.answers import EventType, IncidentSummary
from dispatcher.api.problems import Problem
from dispatcher.channels.posting import Poster
from dispatcher.channels.webhook import WebhookChannel, WebhookTarget
from dispatcher.errors import REFUSAL_WORDS
from dispatcher.message import Message
from runtime.clock import SystemClock
from tests.unit.dispatcher.api.conftest import Office

TEXT = (Path(__file__).parents[4] / "docs" / "api.md").read_text()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """One curl command."""

    method: str
    path: str
    headers: dict[str, str]
    body: str | None

    def call(self, client: TestClient, **values: str) -> Any:
        """Send it, with its variables replaced."""
        path = self.path
        for name, value in values.items():
            path = path.replace(f"${name}", value)
        return client.request(self.method, path, headers=self.headers, content=self.body)


def examples() -> Iterator[Example]:
    for block in blocks("sh"):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("curl "):
                yield read(shlex.split(line)[1:])


def read(words: list[str]) -> Example:
    method, path, body = "GET", "", None
    headers: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-d":
            body = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers |= {name: value} if value else {}  # "$AUTH" is the client's own
        elif word != "-N":
            path = word.removeprefix("$GUARDIAN")
    return Example(method, path, headers, body)


def test_every_example_of_curl_works_in_the_order_of_the_page(office: Office) -> None:
    incident = office.press("taxi-4711")
    office.press("taxi-4712", 2)
    client = office.bearer()
    cursor = client.get("/api/v1/incidents?limit=1").json()["next"]
    found = list(examples())
    assert len(found) == 15
    for example in found:
        assert example.path.startswith("/api/v1/")
        if example.path == "/api/v1/events":
            continue  # it does not end; tests/integration/console follows it
        answer = example.call(client, ID=incident, NEXT=cursor)
        assert answer.status_code in (200, 201), (example, answer.text)


def test_the_list_has_the_fields_of_the_example(office: Office) -> None:
    office.press()
    (item,) = office.bearer().get("/api/v1/incidents").json()["items"]
    shown = json.loads(blocks("json")[0])
    assert set(shown) <= set(item)
    msgspec.convert(shown | {"changed_at": 0, "on_board": True}, IncidentSummary)


def test_the_refusal_has_the_fields_of_the_example(office: Office) -> None:
    incident, client = office.press(), office.bearer()
    path = f"/api/v1/incidents/{incident}/acknowledge"
    client.post(path)
    real, shown = client.post(path).json(), json.loads(blocks("json")[1])
    assert set(shown) == set(real) | {"type"}
    assert (shown["title"], shown["status"], shown["reason"]) == ("Conflict", 409, real["reason"])
    assert shown["detail"] == real["detail"].replace("(cad)", "(chen)")
    msgspec.convert(shown, Problem)


def test_all_reasons_of_refusals_and_types_of_events_are_named() -> None:
    for word in {*REFUSAL_WORDS, *get_args(EventType)}:
        assert f"`{word}`" in TEXT.replace("\n", " "), word


def test_the_receiver_of_webhooks_tells_an_alert_from_a_repeat_and_a_forgery(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    posted: list[tuple[bytes, dict[str, str]]] = []
    target = WebhookTarget(url="https://cad.example/hook", secrets=(SECRET,))
    channel = WebhookChannel(target, SystemClock(), "/guardian", resolver=lambda *_: [LOOPBACK])
    monkeypatch.setattr(
        Poster, "_post", lambda _s, _a, _p, body, headers: posted.append((body, headers))
    )
    monkeypatch.setattr("dispatcher.channels.posting.permitted", lambda found, _allowed: found)
    channel.send(alert())
    ((body, headers),) = posted
    program: dict[str, Any] = {}
    exec(blocks("python")[0], program)
    seen: set[str] = set()
    assert program["handle"](body, headers, seen) == alert().incident.incident
    assert program["handle"](body, headers, seen) is None
    from standardwebhooks import WebhookVerificationError  # noqa: PLC0415 - as the page does

    with pytest.raises(WebhookVerificationError):
        program["handle"](body.replace(b"raised", b"closed"), headers, seen)


LOOPBACK = "127.0.0.1"


def alert() -> Message:
    incident = uuid7(1, b"0123456789")
    return Message(
        id=f"{incident}.0", reason="raised", at=1, presses=1, changed_at=1, silent=False,
        incident=Incident(
            incident=incident, version=1, class_="production", origin="panic", state="raised",
            priority=3, marks=[], opened_at=1,
        ),
    )  # fmt: skip
