"""The incidents over HTTP."""

from contract.codec import encode
from contract.ids import uuid7
from contract.messages import Location, Panic
from tests.unit.dispatcher.api.conftest import Office

PLACE = (25.03375, 121.56437)


def press_with_place(office: Office) -> str:
    now = office.clock.now_ms()
    location = Location(boot="00000000", seq=1, time=now, lat=PLACE[0], lon=PLACE[1], accuracy=9.0)
    panic = Panic(
        panic_id=uuid7(now, b"0123456789"), update=0, pressed_at=now, sent_at=now,
        kind="button", silent=False, location=location,
    )  # fmt: skip
    incident = office.desk.take_panic("tracker-a", encode(panic), now).incident
    assert incident is not None
    return incident


def test_an_incident_has_the_fields_of_the_contract(office: Office) -> None:
    incident = office.press()
    (item,) = office.bearer().get("/api/v1/incidents").json()["items"]
    wanted = {"id", "device", "origin", "class", "state", "kind", "priority", "marks", "opened_at"}
    assert wanted <= set(item)
    assert item["id"] == incident
    assert (item["device"], item["origin"], item["class"]) == ("tracker-a", "panic", "production")
    assert (item["state"], item["kind"]) == ("raised", "button")


def test_pages_follow_each_other_without_a_gap(office: Office) -> None:
    made = [office.press(f"tracker-{n}", n) for n in range(7)]
    client, seen, cursor = office.bearer(), [], ""
    while cursor is not None:
        page = client.get(f"/api/v1/incidents?limit=3{cursor and '&cursor='}{cursor}").json()
        assert len(page["items"]) <= 3
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert sorted(seen) == sorted(made)


def test_a_list_of_one_state_has_that_state_alone(office: Office) -> None:
    client = office.bearer()
    first, second = office.press("tracker-a", 1), office.press("tracker-b", 2)
    client.post(f"/api/v1/incidents/{first}/acknowledge")
    raised = client.get("/api/v1/incidents?state=raised").json()["items"]
    assert [item["id"] for item in raised] == [second]
    assert client.get("/api/v1/incidents?state=closed").json() == {"items": [], "next": None}


def test_an_operator_works_an_incident_to_its_end_and_reopens_it(office: Office) -> None:
    incident, client = office.press(), office.logged_in()
    states = []
    for step, body in [
        ("presented", {}),
        ("acknowledge", {"note": "calling back"}),
        ("dispatch", {}),
        ("on-scene", {}),
        ("close", {"disposition": "helped", "note": "taken home"}),
        ("reopen", {}),
    ]:
        answer = client.post(f"/api/v1/incidents/{incident}/{step}", json=body)
        assert answer.status_code == 200, answer.text
        states.append(answer.json()["state"])
    assert states == ["raised", "acknowledged", "dispatched", "on_scene", "closed", "raised"]
    history = client.get(f"/api/v1/incidents/{incident}").json()["history"]
    acts = {(entry["event"], entry["actor"], entry["note"]) for entry in history}
    assert ("acknowledged", "chen", "calling back") in acts


def test_the_second_operator_is_told_who_has_it(office: Office) -> None:
    incident = office.press()
    office.logged_in().post(f"/api/v1/incidents/{incident}/acknowledge", json={})
    answer = office.bearer().post(f"/api/v1/incidents/{incident}/acknowledge", json={})
    problem = answer.json()
    assert (answer.status_code, problem["reason"]) == (409, "already_acknowledged")
    assert (problem["actor"], problem["at"]) == ("chen", office.clock.now_ms())
    assert "chen" in problem["detail"]


def test_a_position_is_given_while_the_incident_is_open_and_then_sealed(office: Office) -> None:
    incident, client = press_with_place(office), office.bearer()
    path = f"/api/v1/incidents/{incident}"
    place = client.get(path).json()["place"]
    assert (place["lat"], place["lon"], place["accuracy"]) == (*PLACE, 9.0)
    client.post(f"{path}/acknowledge")
    client.post(f"{path}/close", json={"disposition": "helped"})
    for answer in (client.get(path), client.get("/api/v1/incidents"), client.get("/api/v1/board")):
        assert str(PLACE[0]) not in answer.text
        assert str(PLACE[1]) not in answer.text


def test_an_incident_is_opened_from_a_call(office: Office) -> None:
    client = office.bearer()
    call = {"origin": "call", "device": "tracker-a", "case_number": "110-7", "note": "whispers"}
    answer = client.post("/api/v1/incidents", json=call)
    assert answer.status_code == 201
    opened = client.get(answer.headers["location"]).json()
    assert (opened["origin"], opened["device"], opened["case_number"]) == (
        "call", "tracker-a", "110-7",
    )  # fmt: skip
    assert opened["state"] == "raised"


def test_a_call_of_which_nothing_is_known_opens_nothing(office: Office) -> None:
    client = office.bearer()
    for body in ({"origin": "call"}, {"origin": "call", "note": "\u202e \n"}):
        assert client.post("/api/v1/incidents", json=body).status_code == 422
    assert client.get("/api/v1/incidents").json()["items"] == []


def test_a_note_reaches_the_other_screens_as_one_plain_line(office: Office) -> None:
    path, client = f"/api/v1/incidents/{office.press()}/acknowledge", office.bearer()
    answer = client.post(path, json={"note": "one\ntwo\x00 \u202eevil"})
    assert answer.json()["history"][-1]["note"] == "one two evil"


def test_the_board_has_the_time_and_all_that_is_open(office: Office) -> None:
    incident = office.press()
    board = office.logged_in().get("/api/v1/board").json()
    assert board["now"] == office.clock.now_ms()
    assert [item["id"] for item in board["items"]] == [incident]


def test_bad_input_is_named(office: Office) -> None:
    incident, client = office.press(), office.bearer()
    close = f"/api/v1/incidents/{incident}/close"
    for path, body, field in [
        (close, {}, "disposition"),
        (close, {"disposition": "boredom"}, "disposition"),
        (close, {"disposition": "helped", "note": "x" * 201}, "note"),
        ("/api/v1/incidents", {"origin": "panic"}, "origin"),
    ]:
        answer = client.post(path, json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert client.get("/api/v1/incidents?cursor=nonsense").status_code == 400
