"""Where a service is asked whether it is well."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dispatcher.settings import HttpSettings
from guardian.doctor.services import _address, certificate
from tests.unit.guardian.doctor.made import NOW, party


@pytest.mark.parametrize(
    ("bind", "asked"),
    [
        ("127.0.0.1:9101", "127.0.0.1:9101"),
        ("0.0.0.0:8443", "127.0.0.1:8443"),
        ("[::]:8443", "[::1]:8443"),
        ("[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ("guardian.example.org:8443", "guardian.example.org:8443"),
    ],
)
def test_whoever_listens_everywhere_is_asked_at_home(bind: str, asked: str) -> None:
    assert _address(bind) == asked


@pytest.fixture
def http(tmp_path: Path) -> HttpSettings:
    one = party(tmp_path, "console", "dispatcher", expires=NOW + timedelta(days=100))
    return HttpSettings(http_cert_file=one.cert_file, http_key_file=one.key_file)


def test_the_consoles_certificate_is_looked_at(http: HttpSettings) -> None:
    assert [each.level for each in certificate(http, NOW)] == ["ok"]
    (soon,) = certificate(http, NOW + timedelta(days=50))
    assert (soon.name, soon.level) == ("service.certificate", "warning")
    (late,) = certificate(http, NOW + timedelta(days=101))
    assert late.level == "fault"


def test_a_key_of_another_certificate_is_a_fault(http: HttpSettings, tmp_path: Path) -> None:
    other = party(tmp_path / "other", "console", "dispatcher").key_file
    (found,) = certificate(replace(http, http_key_file=other), NOW)
    assert (found.name, found.level) == ("service.certificate", "fault")
    assert "key values mismatch" in found.says


def test_a_certificate_that_is_not_there_is_a_fault(http: HttpSettings, tmp_path: Path) -> None:
    (found,) = certificate(replace(http, http_cert_file=tmp_path / "none"), NOW)
    assert "no such file" in found.says


def test_behind_a_proxy_there_is_none_to_look_at(http: HttpSettings) -> None:
    assert list(certificate(replace(http, behind_proxy=True), NOW)) == []
    assert list(certificate(HttpSettings(), NOW)) == []
