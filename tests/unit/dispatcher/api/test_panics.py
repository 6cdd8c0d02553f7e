"""Gateways: what they may, what they are answered."""

import pytest

from contract.codec import decode, encode
from contract.ids import uuid7
from contract.messages import Panic, Receipt
from contract.panic_text import to_text
from dispatcher.errors import StoreUnavailableError
from tests.unit.dispatcher.api.conftest import Office

PATH = "/api/v1/panics"


def text(office: Office) -> str:
    now = office.clock.now_ms()
    panic = Panic(
        panic_id=uuid7(now, bytes(10)), update=0, pressed_at=now, sent_at=now, age_ms=0,
        kind="button", silent=False,
    )  # fmt: skip
    return to_text("tracker-a", panic, 1000)


def test_a_gateway_is_answered_with_the_receipt(office: Office) -> None:
    client = office.bearer("panics:write")
    for _ in range(2):
        answer = client.post(PATH, json={"text": text(office)})
        assert answer.status_code == 200
        receipt = decode(Receipt, answer.content)
        assert (receipt.stage, receipt.update) == ("received", 0)
    (item,) = office.desk.incidents(None, None, 9).items
    assert item.id == receipt.incident
    assert encode(receipt) == answer.content


def test_plain_text_is_as_good(office: Office) -> None:
    client = office.bearer("panics:write")
    answer = client.post(PATH, content=text(office), headers={"Content-Type": "text/plain"})
    assert answer.status_code == 200


def test_no_other_token_and_no_person_may(office: Office) -> None:
    assert office.bearer("incidents:read", "incidents:write").post(PATH, json={}).status_code == 403
    assert office.logged_in().post(PATH, json={}).status_code == 403
    assert office.client().post(PATH, json={}).status_code == 401


def test_a_gateway_may_nothing_else(office: Office) -> None:
    client = office.bearer("panics:write")
    assert client.get("/api/v1/incidents").status_code == 403
    assert client.get("/api/v1/board").status_code == 403


def test_the_usual_token_is_no_gateways(office: Office) -> None:
    client = office.client()
    client.headers["Authorization"] = f"Bearer {office.accounts.add_token('cad')}"
    assert client.get("/api/v1/incidents").status_code == 200
    assert client.post(PATH, json={"text": "help"}).status_code == 403


def test_what_is_not_committed_is_to_be_repeated(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = office.bearer("panics:write")

    def broken(*_: object) -> None:
        raise StoreUnavailableError("switched off by the test")

    monkeypatch.setattr(office.desk, "take", broken)
    answer = client.post(PATH, json={"text": text(office)})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"


def test_an_empty_body_says_so(office: Office) -> None:
    answer = office.bearer("panics:write").post(PATH, content=b"  ")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
