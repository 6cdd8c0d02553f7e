"""Certificates are judged by OpenSSL, in TLS handshakes in memory, as the broker judges them."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from broker_config import authority
from broker_config.authority import Authority, Identity, Revoked
from broker_config.errors import BadRequestError

NOW = datetime(2026, 5, 1, tzinfo=UTC)
LATER = datetime.now(UTC) + timedelta(days=700)


@dataclass
class World:
    """Both authorities and a folder, since ssl reads files only."""

    folder: Path
    trackers: Authority
    services: Authority

    def handshake(
        self, server: Identity, client: Identity | None, clients: Authority, crl: bytes = b""
    ) -> None:
        """Let a client meet a broker that lets in who `clients` certified; raise SSLError."""
        ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ours.verify_mode = ssl.CERT_REQUIRED
        ours.load_verify_locations(cadata=(authority.certificate_pem(clients)).decode())
        if crl:
            path = self.folder / "list.crl"
            path.write_bytes(crl)
            ours.load_verify_locations(cafile=path)
            ours.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        self._load(ours, server)
        theirs = ssl.create_default_context(
            cadata=authority.certificate_pem(self.services).decode()
        )
        theirs.verify_flags |= ssl.VERIFY_X509_STRICT  # what Python 3.13 does by itself
        if client:
            self._load(theirs, client)
        _shake(ours, theirs, "broker.example")

    def _load(self, context: ssl.SSLContext, identity: Identity) -> None:
        cert, key = self.folder / "x.crt", self.folder / "x.key"
        cert.write_bytes(identity.issued.certificate)
        key.write_bytes(identity.key)
        context.load_cert_chain(cert, key)


def _shake(ours: ssl.SSLContext, theirs: ssl.SSLContext, host: str) -> None:
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = ours.wrap_bio(up, down, server_side=True)
    client = theirs.wrap_bio(down, up, server_hostname=host)
    waiting = [client, server]
    for _ in range(10):
        for side in tuple(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                continue
        if not waiting:
            return
    pytest.fail("the handshake did not end")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(
        tmp_path, authority.create_authority("tracker"), authority.create_authority("service")
    )


@pytest.fixture
def broker(world: World) -> Identity:
    return authority.make_server(world.services, "Guardian broker", ["broker.example"])


def tracker(world: World, name: str = "tracker-a") -> Identity:
    return authority.make_client(world.trackers, name, LATER)


def test_a_tracker_and_a_service_get_in_each_at_its_door(world: World, broker: Identity) -> None:
    """The plain case, with Python 3.13's strict checks."""
    world.handshake(broker, tracker(world), world.trackers)
    service = authority.make_client(world.services, "svc.ingest.1", authority.NEVER)
    world.handshake(broker, service, world.services)


def test_each_door_refuses_the_other_authoritys_clients(world: World, broker: Identity) -> None:
    """A tracker is no service and a service no tracker."""
    service = authority.make_client(world.services, "svc.ingest.1", authority.NEVER)
    with pytest.raises(ssl.SSLError):
        world.handshake(broker, tracker(world), world.services)
    with pytest.raises(ssl.SSLError):
        world.handshake(broker, service, world.trackers)


@pytest.mark.parametrize("name", ["svc.ingest.1", "svc.dispatcher.1.trackers", "a.b"])
def test_the_trackers_authority_cannot_certify_a_name_with_a_dot(
    name: str, world: World, broker: Identity
) -> None:
    """Its own certificate forbids it, so its stolen key makes no service."""
    with pytest.raises(ssl.SSLError, match="excluded subtree"):
        world.handshake(broker, tracker(world, name), world.trackers)


@pytest.mark.parametrize("name", ["a", "0", "tracker_a-1", "x" * 63])
def test_every_device_id_is_a_name_that_it_can_certify(
    name: str, world: World, broker: Identity
) -> None:
    """The exclusion costs no tracker anything."""
    world.handshake(broker, tracker(world, name), world.trackers)


def test_a_servers_certificate_is_none_of_a_client(world: World, broker: Identity) -> None:
    """Who steals it cannot speak as a service."""
    with pytest.raises(ssl.SSLError, match="unsuitable certificate purpose"):
        world.handshake(broker, broker, world.services)


def test_a_services_certificate_is_none_of_a_server(world: World) -> None:
    """No service can pose as the broker to trackers."""
    service = authority.make_client(world.services, "svc.ingest.1", authority.NEVER)
    with pytest.raises(ssl.SSLError):
        world.handshake(service, tracker(world), world.trackers)


def test_a_server_is_known_by_its_names_and_addresses_only(world: World) -> None:
    """A certificate for another host does not do."""
    other = authority.make_server(world.services, "Guardian broker", ["other.example", "10.0.0.7"])
    assert authority.hosts_of(other.issued.certificate) == {"other.example", "10.0.0.7"}
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        world.handshake(other, tracker(world), world.trackers)


def test_a_revoked_certificate_is_refused_and_another_is_not(
    world: World, broker: Identity
) -> None:
    """The list is valid although it begins in 1970."""
    stolen, good = tracker(world, "stolen"), tracker(world, "good")
    crl = authority.make_crl(world.trackers, [Revoked(stolen.issued.serial, NOW)], 1, LATER)
    with pytest.raises(ssl.SSLError, match="revoked"):
        world.handshake(broker, stolen, world.trackers, crl)
    world.handshake(broker, good, world.trackers, crl)


def test_an_expired_tracker_is_refused(world: World, broker: Identity) -> None:
    """A tracker forgotten in a drawer loses its access by itself."""
    old = authority.make_client(world.trackers, "old", datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(ssl.SSLError, match="expired"):
        world.handshake(broker, old, world.trackers)


def test_everything_begins_in_1970_and_servers_never_end(world: World, broker: Identity) -> None:
    """A board that boots in the past finds its broker."""
    for pem in (
        authority.certificate_pem(world.services),
        authority.certificate_pem(world.trackers),
        broker.issued.certificate,
        tracker(world).issued.certificate,
    ):
        assert x509.load_pem_x509_certificate(pem).not_valid_before_utc == authority.BEGIN
    assert broker.issued.expires == authority.NEVER
    assert world.services.certificate.not_valid_after_utc == authority.NEVER


def test_serial_numbers_are_random(world: World) -> None:
    """159 bits from the operating system, each its own."""
    serials = [tracker(world).issued.serial for _ in range(5)]
    assert len(set(serials)) == 5
    assert all(serial.bit_length() > 100 for serial in serials)


def test_lists_follow_each_other_whatever_the_clock_says(world: World) -> None:
    """Of two lists OpenSSL takes the one that begins later."""
    first = x509.load_pem_x509_crl(authority.make_crl(world.trackers, [], 1, NOW))
    second = x509.load_pem_x509_crl(
        authority.make_crl(world.trackers, [], 2, NOW - timedelta(days=900))
    )
    assert first.last_update_utc < second.last_update_utc < datetime(1971, 1, 1, tzinfo=UTC)
    assert first.next_update_utc == NOW + timedelta(days=3650)


def test_a_list_is_current_when_it_says_just_this_and_lasts(world: World) -> None:
    """Otherwise it is made anew."""
    revoked = [Revoked(17, NOW)]
    crl = authority.make_crl(world.trackers, revoked, 1, NOW)
    assert authority.crl_is_current(crl, world.trackers, revoked, NOW)
    assert not authority.crl_is_current(crl, world.trackers, [], NOW)
    assert not authority.crl_is_current(crl, world.trackers, [Revoked(18, NOW)], NOW)
    assert not authority.crl_is_current(crl, world.services, revoked, NOW)
    assert not authority.crl_is_current(b"nonsense", world.trackers, revoked, NOW)
    assert not authority.crl_is_current(crl, world.trackers, revoked, NOW + timedelta(days=400))


def test_an_authority_survives_its_files(world: World) -> None:
    """What was written is what is read."""
    pem, key = authority.certificate_pem(world.trackers), authority.key_pem(world.trackers.key)
    again = authority.load_authority(pem, key)
    assert again.certificate == world.trackers.certificate


def test_files_that_are_no_authority_are_refused(world: World) -> None:
    """Also a key that belongs to another certificate, or is of another kind."""
    pem = authority.certificate_pem(world.trackers)
    odd = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for key in (authority.key_pem(world.services.key), odd, b"nonsense"):
        with pytest.raises(ValueError, match=r"."):
            authority.load_authority(pem, key)


def test_no_representation_shows_a_key(world: World) -> None:
    """What is logged or shown in a traceback holds no private key."""
    made = tracker(world)
    assert "key" not in repr(world.trackers).replace("public_key", "")
    assert "PRIVATE" not in repr(made)


def request(key: object, name: str = "svc.dispatcher.1") -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    signed = builder.sign(key, digest)  # type: ignore[arg-type]
    return signed.public_bytes(serialization.Encoding.PEM)


def test_of_a_request_only_the_key_counts(world: World, broker: Identity) -> None:
    """The name in it is ignored: ours is on the certificate."""
    for key in (ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())):
        public = authority.read_request(request(key))
        issued = authority.certify_client(world.trackers, "tracker-a", LATER, public)
        parsed = x509.load_pem_x509_certificate(issued.certificate)
        assert parsed.subject.rfc4514_string() == "CN=tracker-a"
        world.handshake(broker, Identity(issued, authority.key_pem(key)), world.trackers)


def test_an_rsa_key_of_a_device_is_taken() -> None:
    """Secure elements of some boards know nothing else."""
    key = rsa.generate_private_key(65537, 2048)
    assert authority.read_request(request(key)) == key.public_key()


def test_a_request_without_the_key_is_refused() -> None:
    """Its signature proves that whoever asks has the private key."""
    good = x509.load_pem_x509_csr(request(ec.generate_private_key(ec.SECP256R1())))
    der = bytearray(good.public_bytes(serialization.Encoding.DER))
    der[-3] ^= 1
    forged = x509.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM)
    with pytest.raises(BadRequestError, match="not signed"):
        authority.read_request(forged)


@pytest.mark.parametrize(
    "key",
    [rsa.generate_private_key(65537, 1024), ed25519.Ed25519PrivateKey.generate()],
    ids=["rsa-1024", "ed25519"],
)
def test_a_weak_or_unusual_key_is_refused(key: object) -> None:
    """Debian's OpenSSL would refuse the handshake."""
    with pytest.raises(BadRequestError, match="expected EC with 256 bits or RSA with 2048"):
        authority.read_request(request(key))


@pytest.mark.parametrize("text", [b"", b"nonsense", b"-----BEGIN CERTIFICATE REQUEST-----\n"])
def test_what_is_no_request_is_refused(text: bytes) -> None:
    """With a sentence, and not with a traceback."""
    with pytest.raises(BadRequestError, match="not a certificate request"):
        authority.read_request(text)
