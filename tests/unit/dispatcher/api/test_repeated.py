"""A POST with an Idempotency-Key is done once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dispatcher.errors import StoreUnavailableError
from dispatcher.repeats import CARRIED_OUT_MS, KEPT_MS
from tests.unit.dispatcher.api.conftest import Office

PATH = "/api/v1/incidents"
CALL = {"origin": "call", "phone": "+886 2 2331 3561", "note": "whispers"}
KEY = {"Idempotency-Key": "7f3c"}


def count(office: Office) -> int:
    return len(office.desk.incidents(None, None, 100).items)


def test_a_repetition_is_answered_as_the_first_time(office: Office) -> None:
    client = office.bearer()
    first, second = (client.post(PATH, json=CALL, headers=KEY) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.headers["Location"] == second.headers["Location"]
    assert ("Idempotency-Replayed" in first.headers, second.headers["Idempotency-Replayed"]) == (
        False, "true",
    )  # fmt: skip
    assert count(office) == 1


def test_without_a_key_or_with_another_it_is_another_request(office: Office) -> None:
    client = office.bearer()
    for headers in (KEY, {"Idempotency-Key": "other"}, {}):
        assert client.post(PATH, json=CALL, headers=headers).status_code == 201
    assert count(office) == 3


def test_a_key_belongs_to_one_request_and_one_sender(office: Office) -> None:
    client = office.bearer()
    client.post(PATH, json=CALL, headers=KEY)
    answer = client.post(PATH, json=CALL | {"note": "shouts"}, headers=KEY)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    other = office.logged_in()
    assert other.post(PATH, json=CALL, headers=KEY).status_code == 201
    assert count(office) == 2


def test_a_refusal_is_repeated_too(office: Office) -> None:
    client = office.bearer()
    path = f"{PATH}/{office.press()}/dispatch"
    answers = [client.post(path, headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["content-type"] == "application/problem+json"


def test_what_had_no_effect_may_be_sent_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = office.bearer()

    def broken(*_: object) -> None:
        raise StoreUnavailableError("switched off by the test")

    with monkeypatch.context() as patch:
        patch.setattr(office.desk, "open_from_call", broken)
        assert client.post(PATH, json=CALL, headers=KEY).status_code == 503
    assert client.post(PATH, json=CALL, headers=KEY).status_code == 201


def test_who_may_not_gets_no_stored_answer(office: Office) -> None:
    assert office.client().post(PATH, json=CALL, headers=KEY).status_code == 401
    assert office.bearer("incidents:read").post(PATH, json=CALL, headers=KEY).status_code == 403


def test_a_body_that_is_too_large_is_refused(office: Office) -> None:
    answer = office.bearer().post(PATH, content=b"x" * 9000, headers=KEY)
    assert answer.status_code == 413


def test_two_at_once_are_one(office: Office) -> None:
    client = office.bearer()

    def send(_: int) -> int:
        return int(client.post(PATH, json=CALL, headers=KEY).status_code)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert set(answers) <= {201, 409}
    assert count(office) == 1


def test_a_key_is_forgotten_after_a_day_and_taken_over_from_the_dead(office: Office) -> None:
    repeats = office.accounts.repeats
    first = repeats.begin("cad", "k", b"request")
    office.clock.advance(CARRIED_OUT_MS / 1000)
    assert repeats.begin("cad", "k", b"request").status is None, "its dispatcher has died"
    repeats.end(first, 200, b"done", None)
    assert repeats.begin("cad", "k", b"request").answer == b"done"
    office.clock.advance(KEPT_MS / 1000 + CARRIED_OUT_MS / 1000)
    assert repeats.begin("cad", "k", b"another").status is None
