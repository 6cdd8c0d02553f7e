"""What operators do together, over HTTP."""

from dispatcher.answers import CallOpening
from tests.unit.dispatcher.api.conftest import Office


def test_an_incident_is_noted_assigned_and_transferred(office: Office) -> None:
    path, client = f"/api/v1/incidents/{office.press()}", office.bearer()
    for step, body in [
        ("notes", {"note": "her brother\ncalled"}),
        ("assign", {"to": "Patrol 12"}),
        ("transfer", {"to": "hualien"}),
    ]:
        answer = client.post(f"{path}/{step}", json=body)
        assert answer.status_code == 200, answer.text
    detail = client.get(path).json()
    assert (detail["assigned_to"], detail["transfer_to"]) == ("Patrol 12", "hualien")
    assert "her brother called" in [line["note"] for line in detail["history"]]
    refused = client.post(f"{path}/accept").json()
    assert (refused["status"], refused["reason"]) == (409, "own_transfer")
    accepted = office.logged_in().post(f"{path}/accept", json={}).json()
    assert (accepted["jurisdiction"], accepted["acknowledged_by"]) == ("hualien", "chen")
    refused = client.post(f"{path}/hand-over", json={"to": "cad"}).json()
    assert (refused["reason"], refused["actor"]) == ("held_by_another", "chen")


def test_a_merged_incident_says_where_it_went(office: Office) -> None:
    incident, client = office.press(), office.bearer()
    call = office.desk.open_from_call(CallOpening(phone="110"), "ann").id
    answer = client.post(f"/api/v1/incidents/{call}/merge", json={"incident": incident})
    assert (answer.status_code, answer.json()["id"]) == (200, incident)
    assert client.get(f"/api/v1/incidents/{call}").json()["merged_into"] == incident
    refused = client.post(f"/api/v1/incidents/{call}/acknowledge")
    assert (refused.status_code, refused.json()["incident"]) == (409, incident)


def test_the_times_of_a_press_are_milliseconds(office: Office) -> None:
    (press,) = office.bearer().get(f"/api/v1/incidents/{office.press()}").json()["press_list"]
    now = office.clock.now_ms()
    assert (press["pressed_at"], press["received_at"], press["committed_at"]) == (now, now, now)


def test_the_card_is_text(office: Office) -> None:
    card = office.bearer().get(f"/api/v1/incidents/{office.press()}/card").json()
    assert (card["kind"], card["pieces"][0]["text"]) == ("button", "Pressed the button")


def test_who_may_only_read_changes_nothing(office: Office) -> None:
    path, client = f"/api/v1/incidents/{office.press()}", office.bearer("incidents:read")
    for step in ("notes", "hand-over", "assign", "link", "merge", "transfer", "accept", "decline"):
        assert client.post(f"{path}/{step}", json={}).status_code == 403
