"""The certificate reader agrees with cryptography, and any other bytes are its one error."""

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from broker_config import authority
from guardian.doctor.x509 import CertificateUnreadableError, read_der, read_pem

CA = authority.create_authority("service")
BEGIN = dt.datetime(1970, 1, 2, tzinfo=dt.UTC)
EXPIRIES = st.integers(0, 8000 * 365 * 86_400).map(lambda each: BEGIN + dt.timedelta(seconds=each))
NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], max_codepoint=0x7FF), min_size=1, max_size=32
)
"""A CN has at most 64 bytes."""


def made(name: str, expires: dt.datetime) -> bytes:
    return authority.make_client(CA, name, expires).issued.certificate


WHOLE = x509.load_pem_x509_certificate(made("tracker-1", authority.NEVER)).public_bytes(
    serialization.Encoding.DER
)


@given(NAMES, EXPIRIES)
def test_it_reads_what_cryptography_has_written(name: str, expires: dt.datetime) -> None:
    pem = made(name, expires)
    theirs = x509.load_pem_x509_certificate(pem)
    ours = read_pem(pem.decode())
    assert ours.common_name == name
    assert ours.issuer == "Guardian services CA"
    assert ours.serial == theirs.serial_number
    assert ours.begins == theirs.not_valid_before_utc
    assert ours.expires == theirs.not_valid_after_utc


def test_it_reads_the_first_certificate_and_what_stands_around_it_does_not_matter() -> None:
    two = b"a comment\n" + made("first", authority.NEVER) + made("second", authority.NEVER)
    assert read_pem(two.decode()).common_name == "first"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_certificate_or_its_one_error(der: bytes) -> None:
    try:
        read_der(der)
    except CertificateUnreadableError:
        return


@given(st.data())
def test_a_certificate_with_a_changed_byte_is_read_or_refused(data: st.DataObject) -> None:
    der = bytearray(WHOLE)
    at = data.draw(st.integers(0, len(der) - 1))
    der[at] = data.draw(st.integers(0, 255))
    try:
        read_der(bytes(der[: data.draw(st.integers(0, len(der)))]))
    except CertificateUnreadableError:
        return


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
    ],
)
def test_what_is_no_certificate_is_said(text: str) -> None:
    with pytest.raises(CertificateUnreadableError):
        read_pem(text)
