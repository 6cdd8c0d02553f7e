"""A server is lost while trackers press: what its last backup brings back, with real processes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.integration.backup.site import Site
from tests.released.dumps import plain_url
from tests.services.choice import wait_until
from tests.services.postgres import GivenPostgres, Postgres

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

WAITING, TAKEN, ENDED, LATER = "tracker-w", "tracker-t", "tracker-e", "tracker-l"


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, sites: Callable[[str | None], Site]) -> Site:
    if request.param == "sqlite":
        return sites(None)
    server: Postgres | GivenPostgres = request.getfixturevalue("postgres")
    return sites(server.database(f"backup-{uuid4().hex}"))


def test_a_lost_server_comes_back_from_its_backup(site: Site, tmp_path: Path) -> None:
    archive = tmp_path / "guardian.tar"
    site.start_servers()
    _press_and_act(site)
    site.press_all_the_time()
    wait_until(lambda: len(site.incidents()) >= 6, "the load to press")

    before = site.backup(archive)
    _press_after_the_backup(site)
    site.lose_the_server()
    if not site.database_url.startswith("sqlite"):
        _empty(site.database_url)
    site.restore(archive)
    started_at = site.now_ms()
    site.start_again()

    after = site.incidents()
    for id_, incident in before.items():
        _is_there(incident, after[id_])
    _trackers_are_known_and_told(site)
    _nobody_who_waits_is_forgotten(site, started_at)
    _the_press_after_the_backup_comes_again(site)


def _press_and_act(site: Site) -> None:
    """Make an incident that waits, one that somebody has, and one that has ended."""
    for device in (WAITING, TAKEN, ENDED):
        site.start_tracker(device)
        site.press(device)
    for device in (WAITING, TAKEN, ENDED):
        wait_until(lambda device=device: site.stages(device) == ["received"], device)  # type: ignore[misc]
    for device in (TAKEN, ENDED):
        id_ = site.incident_of(device)["id"]
        site.api(f"incidents/{id_}/acknowledge", {"note": "on my way"})
    id_ = site.incident_of(ENDED)["id"]
    site.api(f"incidents/{id_}/close", {"disposition": "helped"})
    wait_until(lambda: site.stages(ENDED) in (["closed"], []), "*closed* at the tracker")


def _press_after_the_backup(site: Site) -> None:
    """A tracker presses that the backup does not know of; it has a fix now and then."""
    gps = site.start_tracker(LATER)
    site.press(LATER)
    wait_until(lambda: site.stages(LATER) == ["received"], "*received* before the loss")
    assert gps is site.receivers[-1]


def _is_there(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Everything that was known before the backup began is known; more may have come since."""
    assert after["history"][: len(before["history"])] == before["history"]
    assert after["presses"] >= before["presses"]
    same = ("device", "class", "kind", "opened_at", "acknowledged_by", "disposition", "closed_at")
    assert {key: after[key] for key in same} == {key: before[key] for key in same}
    numbers = [press["panic_id"] for press in before["press_list"]]
    assert [press["panic_id"] for press in after["press_list"]][: len(numbers)] == numbers


def _trackers_are_known_and_told(site: Site) -> None:
    """Their certificates are those of before, and so is the broker's in their eyes."""
    for device in (WAITING, TAKEN):
        wait_until(lambda device=device: site.agent(device)["link"]["up"], f"{device} back")  # type: ignore[misc]
    id_ = site.incident_of(TAKEN)["id"]
    site.api(f"incidents/{id_}/dispatch", {})
    wait_until(lambda: site.stages(TAKEN) == ["dispatched"], "a receipt at a known tracker")


def _nobody_who_waits_is_forgotten(site: Site, started_at: int) -> None:
    """The incident that nobody has escalates on, from the step where it was."""
    waiting = site.incident_of(WAITING)

    def escalated() -> bool:
        lines = site.api(f"incidents/{waiting['id']}")["history"]
        return any(each["event"] == "escalated" and each["at"] >= started_at for each in lines)

    wait_until(escalated, "an escalation after the restore", 40)
    assert site.api(f"incidents/{waiting['id']}")["state"] == "raised"


def _the_press_after_the_backup_comes_again(site: Site) -> None:
    """By its tracker, with its next position; and it is one incident, with one press."""
    gps = site.receivers[-1]
    for seconds in (2, 1, 0):
        gps.send(site.now_ms() // 1000 * 1000 - seconds * 1000, 25.0339, 121.5645)

    def again() -> bool:
        found = site.incidents().values()
        return [each["presses"] for each in found if each["device"] == LATER] == [1]

    wait_until(again, "the press that the backup did not have", 30)
    wait_until(lambda: site.stages(LATER) == ["received"], "*received* of the restored server")


def _empty(url: str) -> None:
    """Lose the database."""
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
