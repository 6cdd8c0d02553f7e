"""Lines for people, JSON for programs, and one answer to whether it is well."""

import json

from guardian.doctor import render
from guardian.doctor.finding import fault, ok, warning

OK = ok("clock.plausible", "this machine", "stands well")
WARNING = warning("disk.space", "/var", "low", "df -h")
FAULT = fault("broker.login", "svc.ingest.1", "refused", "systemctl start guardian-broker")


def test_each_finding_is_one_line_and_what_to_type_stands_below_it() -> None:
    assert render.text([OK, WARNING, FAULT], colour=False).splitlines() == [
        "ok      clock.plausible        this machine: stands well",
        "warning disk.space             /var: low",
        "        -> df -h",
        "fault   broker.login           svc.ingest.1: refused",
        "        -> systemctl start guardian-broker",
        "1 fault, 1 warning, 1 ok",
    ]


def test_colours_are_for_terminals() -> None:
    assert "\x1b[31mfault" in render.text([FAULT], colour=True)


def test_words_from_elsewhere_stay_on_their_line() -> None:
    hostile = fault("broker.login", "x", "no\nok      all is well\x1b[2J" + "y" * 900, "z")
    lines = render.text([hostile], colour=False).splitlines()
    assert len(lines) == 3
    assert "\x1b" not in lines[0]
    assert len(lines[0]) < 600


def test_json_has_a_form_of_its_own() -> None:
    told = json.loads(render.json([OK, FAULT]))
    assert told == {
        "form": 1,
        "well": False,
        "counts": {"fault": 1, "warning": 0, "ok": 1},
        "findings": [
            {
                "name": "clock.plausible",
                "level": "ok",
                "about": "this machine",
                "says": "stands well",
                "remedy": None,
            },
            {
                "name": "broker.login",
                "level": "fault",
                "about": "svc.ingest.1",
                "says": "refused",
                "remedy": "systemctl start guardian-broker",
            },
        ],
    }


def test_a_warning_is_well_unless_one_is_strict() -> None:
    assert render.well([OK, WARNING])
    assert not render.well([OK, WARNING], strict=True)
    assert not render.well([OK, FAULT])
