"""The TLS context and the files that it is made from."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime.mqtt import tls
from runtime.mqtt.errors import TlsFilesError
from tests.integration.mqtt.authority import Authority

BUILT = datetime(2024, 3, 1, tzinfo=UTC)
BUILT_MS = 1_709_251_200_000


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def test_chain_name_and_version_are_checked(authority: Authority) -> None:
    context = tls.client_context(authority.ca_file, None, None, check_dates=True)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert not context.verify_flags & tls.NO_CHECK_TIME
    assert len(context.get_ca_certs()) == 1


def test_without_dates_chain_and_name_are_still_checked(authority: Authority) -> None:
    context = tls.client_context(authority.ca_file, None, None, check_dates=False)
    assert context.verify_flags & tls.NO_CHECK_TIME
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_without_a_file_the_system_s_authorities_count() -> None:
    context = tls.client_context(None, None, None, check_dates=True)
    assert context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("now_ms", "date", "before"),
    [
        (0, BUILT, True),
        (BUILT_MS - 1, BUILT, True),
        (BUILT_MS, BUILT, False),
        (0, None, False),
    ],
)
def test_the_clock_stands_before_the_build(
    now_ms: int, date: datetime | None, *, before: bool
) -> None:
    assert tls.is_before(now_ms, date) is before


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TlsFilesError) as error:
        tls.client_context(tmp_path / "ca.pem", None, None, check_dates=True)
    assert (
        str(error.value) == f"{tmp_path / 'ca.pem'}: no usable authority: no such file or directory"
    )


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    wrong = tmp_path / "ca.pem"
    wrong.write_text("this is no certificate\n")
    with pytest.raises(TlsFilesError, match=r"ca\.pem: no usable authority: "):
        tls.client_context(wrong, None, None, check_dates=True)


def test_a_key_of_another_certificate_is_refused(authority: Authority) -> None:
    one, other = authority.certify("one"), authority.certify("other")
    with pytest.raises(TlsFilesError, match="no usable certificate: key values mismatch"):
        tls.client_context(authority.ca_file, one.cert_file, other.key_file, check_dates=True)


def test_an_encrypted_key_is_refused_and_no_password_asked(authority: Authority) -> None:
    """OpenSSL would ask at the terminal, and a service would hang there."""
    locked = authority.certify("locked", password=b"secret")
    with pytest.raises(TlsFilesError, match="no usable certificate"):
        tls.client_context(authority.ca_file, locked.cert_file, locked.key_file, check_dates=True)
