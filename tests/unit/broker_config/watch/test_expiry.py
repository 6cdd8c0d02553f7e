import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from broker_config import authority
from broker_config.mosquitto import MosquittoSettings
from broker_config.registry import Certificate, Registry
from broker_config.watch import expiry
from broker_config.watch.expiry import Trackers, UnreadableCertificateError

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SERVICES = authority.create_authority("service")


def client(days: int) -> bytes:
    end = NOW + timedelta(days=days)
    return authority.make_client(SERVICES, "svc.tool.1", end).issued.certificate


def enrolled(name: str, days: int) -> Certificate:
    return Certificate(
        name=name,
        kind="service" if "." in name else "tracker",
        serial="1",
        issued_at=NOW - timedelta(days=300),
        expires_at=NOW + timedelta(days=days),
    )


def registry(*certificates: Certificate, **denied: datetime) -> Registry:
    return Registry(
        hosts=("broker",),
        broker=MosquittoSettings(folder="/pki/broker", user="me"),
        share_name="x",
        certificates=certificates,
        denied=denied,
    )


def test_a_file_ends_with_the_first_of_its_certificates() -> None:
    both = client(10) + client(5)
    assert expiry.of_pem(both) == (NOW + timedelta(days=5)).timestamp()


def test_what_never_ends_is_far_away() -> None:
    assert expiry.of_pem(authority.certificate_pem(SERVICES)) == authority.NEVER.timestamp()


def test_the_certificate_of_a_handshake_is_read_too() -> None:
    der = x509.load_pem_x509_certificate(client(7)).public_bytes(Encoding.DER)
    assert expiry.of_der(der) == (NOW + timedelta(days=7)).timestamp()


def test_a_revocation_list_ends_with_its_next_update() -> None:
    crl = authority.make_crl(SERVICES, [], 1, NOW)
    assert expiry.of_crl(crl) == (NOW + authority.CRL_LIFETIME).timestamp()


@given(st.binary())
def test_any_bytes_are_an_end_or_refused(given_bytes: bytes) -> None:
    for read in (expiry.of_pem, expiry.of_der, expiry.of_crl):
        with pytest.raises(UnreadableCertificateError, match=r"no certificate|no revocation list"):
            read(given_bytes)


def test_services_are_told_apart_and_those_without_access_are_left_out() -> None:
    known = registry(
        enrolled("svc.ingest.1", 5),
        enrolled("svc.ingest.1", 500),
        enrolled("svc.tool.1", 9),
        enrolled("tracker-1", 1),
        **{"svc.tool.1": NOW},
    )
    assert expiry.of_services(known) == {
        "service:svc.ingest.1": (NOW + timedelta(days=500)).timestamp()
    }


def test_trackers_are_counted_by_their_newest_certificates_and_never_named() -> None:
    known = registry(
        enrolled("today", 0),
        enrolled("tomorrow", 1),
        enrolled("renewed", 1),
        enrolled("renewed", 700),
        enrolled("in-sixty", 60),
        enrolled("in-sixty-one", 61),
        enrolled("revoked", 1),
        enrolled("svc.ingest.1", 1),
        revoked=NOW,
    )
    assert expiry.of_trackers(known, NOW) == Trackers(expiring=2, expired=1)


def test_ten_thousand_trackers_are_counted_in_a_moment() -> None:
    known = registry(*(enrolled(f"t-{number}", 30) for number in range(10_000)))
    started = time.perf_counter()
    assert expiry.of_trackers(known, NOW).expiring == 10_000
    assert time.perf_counter() - started < 1
