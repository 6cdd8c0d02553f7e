"""Too old is named."""

import pytest

from guardian.doctor.versions import at_least, examine


@pytest.mark.parametrize(
    ("found", "level"),
    [
        ("mosquitto version 2.0.11", "ok"),
        ("mosquitto version 2.0.22", "ok"),
        ("mosquitto version 2.1", "ok"),
        ("mosquitto version 2.0.9", "fault"),
        ("mosquitto version 1.6.12", "fault"),
        ("somebody else", "warning"),
    ],
)
def test_versions_are_compared_as_numbers(found: str, level: str) -> None:
    assert at_least("Mosquitto", found, "2.0.11", "apt install mosquitto").level == level


def test_postgresql_may_say_more_than_its_version() -> None:
    finding = at_least("PostgreSQL", "15.14 (Debian 15.14-0+deb12u1)", "13", "upgrade")
    assert finding.level == "ok"
    assert finding.says == "15.14"


def test_this_machine_is_new_enough() -> None:
    assert [each.level for each in examine()] == ["ok", "ok", "ok"]
