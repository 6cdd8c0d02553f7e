"""Two certificate authorities, the certificates they sign and their revocation lists.

Trackers are certified by one authority, services and servers by the other. Values in, values out:
nothing here reads or writes a file or looks at a clock.

Everything but a tracker's certificate begins in 1970 and never ends. A board without a clock boots
in the past and must still find its broker, and an expiry that stops the panic path protects
nobody; a service that must go is revoked.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from broker_config.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cryptography.x509 import ObjectIdentifier

Kind = Literal["tracker", "service"]
"""Which of the two authorities, and so whom it certifies."""
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
"""When every certificate begins: a clock that is behind refuses nobody."""
NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""The notAfter that RFC 5280 (4.1.2.5) gives to certificates without an expiry."""
TRACKER_LIFETIME = timedelta(days=730)
"""Two years: a tracker forgotten in a drawer loses its access by itself."""
CRL_LIFETIME = timedelta(days=3650)
"""Mosquitto refuses everybody under an expired list, so a list outlives any pause in enrolment."""
MIN_RSA_BITS = 2048
"""OpenSSL's security level 2, Debian's default, refuses shorter keys."""
MIN_EC_BITS = 256


@dataclass(frozen=True)
class Authority:
    """A certificate authority with its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)


@dataclass(frozen=True)
class Issued:
    """A certificate that was signed (PEM)."""

    certificate: bytes
    serial: int
    expires: datetime


@dataclass(frozen=True)
class Identity:
    """A certificate with the private key (PEM) that was made for it."""

    issued: Issued
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class Revoked:
    """One line of a revocation list."""

    serial: int
    at: datetime


def create_authority(kind: Kind) -> Authority:
    """Make a new authority for trackers or for services."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Guardian {kind}s CA")
    builder = (
        _builder(name, name, key.public_key(), NEVER)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if kind == "tracker":
        builder = builder.add_extension(_no_names_with_dots(), critical=True)
    return Authority(builder.sign(key, hashes.SHA256()), key)


def load_authority(certificate: bytes, key: bytes) -> Authority:
    """Read an authority from its two PEM files.

    Raises:
        ValueError: they are no such files, or do not belong together.
    """
    loaded = x509.load_pem_x509_certificate(certificate)
    private = serialization.load_pem_private_key(key, password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ValueError("the authority's key is no EC key")  # noqa: TRY004 - of a file, not a type
    if private.public_key() != loaded.public_key():
        raise ValueError("the authority's certificate and key do not belong together")
    return Authority(loaded, private)


def make_server(authority: Authority, name: str, hosts: "Sequence[str]") -> Identity:
    """Make a server's key and certificate for these host names and IP addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _leaf(authority, name, key.public_key(), NEVER, ExtendedKeyUsageOID.SERVER_AUTH)
    names = x509.SubjectAlternativeName([_host(each) for each in hosts])
    signed = _signed(authority, builder.add_extension(names, critical=False))
    return Identity(signed, key_pem(key))


def make_client(authority: Authority, name: str, expires: datetime) -> Identity:
    """Make a client's key and certificate, as `certify_client` does."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Identity(certify_client(authority, name, expires, key.public_key()), key_pem(key))


def certify_client(
    authority: Authority, name: str, expires: datetime, public_key: PublicKey
) -> Issued:
    """Sign a client's certificate with `name` as its CN.

    The name is not looked at: whoever calls decides who may be called so.
    """
    usage = ExtendedKeyUsageOID.CLIENT_AUTH
    return _signed(authority, _leaf(authority, name, public_key, expires, usage))


def read_request(request: bytes) -> PublicKey:
    """Return the public key of a certificate request (PEM) whose sender proves to have its key.

    What the request says about names, uses and dates does not count.

    Raises:
        BadRequestError: it is no request, its signature is wrong, or its key is too weak.
    """
    try:
        parsed = x509.load_pem_x509_csr(request)
        proven = parsed.is_signature_valid
        key = parsed.public_key()
    except ValueError as error:
        raise BadRequestError(f"not a certificate request in PEM form: {error}") from error
    if not proven:
        raise BadRequestError("the request is not signed with the key that it carries")
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size >= MIN_EC_BITS:
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS:
        return key
    raise BadRequestError(
        f"the request's key: expected EC with {MIN_EC_BITS} bits or RSA with {MIN_RSA_BITS}"
    )


def make_crl(
    authority: Authority, revoked: "Iterable[Revoked]", number: int, now: datetime
) -> bytes:
    """Make the authority's revocation list (PEM), good until ten years after `now`.

    `number` counts the lists. Each begins a second later than the one before, from 1970: a broker
    whose clock is behind ours refuses nobody, and of two lists OpenSSL believes the later one even
    when our clock was set back in between.
    """
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(BEGIN + timedelta(seconds=number))
        .next_update(now + CRL_LIFETIME)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(_issuer(authority), critical=False)
    )
    for each in revoked:
        entry = x509.RevokedCertificateBuilder(each.serial, each.at)
        builder = builder.add_revoked_certificate(entry.build())
    crl = builder.sign(authority.key, hashes.SHA256())
    return crl.public_bytes(serialization.Encoding.PEM)


def crl_is_current(
    crl: bytes, authority: Authority, revoked: "Iterable[Revoked]", now: datetime
) -> bool:
    """Say whether a list (PEM) is this authority's, names just these, and has nine years left."""
    try:
        parsed = x509.load_pem_x509_crl(crl)
    except ValueError:
        return False
    return (
        parsed.is_signature_valid(authority.key.public_key())
        and {each.serial_number for each in parsed} == {each.serial for each in revoked}
        and parsed.next_update_utc is not None
        and parsed.next_update_utc > now + CRL_LIFETIME * 0.9
    )


def hosts_of(certificate: bytes) -> set[str]:
    """Return the host names and addresses for which a server's certificate (PEM) is good."""
    parsed = x509.load_pem_x509_certificate(certificate)
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = map(str, names.get_values_for_type(x509.IPAddress))
    return {*names.get_values_for_type(x509.DNSName), *addresses}


def certificate_pem(authority: Authority) -> bytes:
    """Return the authority's certificate."""
    return authority.certificate.public_bytes(serialization.Encoding.PEM)


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a private key as unencrypted PKCS 8, for a file that its owner alone may read."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _leaf(
    authority: Authority,
    name: str,
    public_key: PublicKey,
    expires: datetime,
    usage: "ObjectIdentifier",
) -> x509.CertificateBuilder:
    return (
        _builder(_name(name), authority.certificate.subject, public_key, expires)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        .add_extension(_issuer(authority), critical=False)
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: PublicKey, expires: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(expires)
    )


def _signed(authority: Authority, builder: x509.CertificateBuilder) -> Issued:
    certificate = builder.sign(authority.key, hashes.SHA256())
    return Issued(
        certificate.public_bytes(serialization.Encoding.PEM),
        certificate.serial_number,
        certificate.not_valid_after_utc,
    )


def _no_names_with_dots() -> x509.NameConstraints:
    """Exclude every DNS name, which to OpenSSL is also a CN with a dot.

    So a service's name on a tracker's certificate is refused in the handshake, even when somebody
    has stolen this authority's key; without it such a client could take a service's session over.
    """
    return x509.NameConstraints(permitted_subtrees=None, excluded_subtrees=[x509.DNSName("")])


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _issuer(authority: Authority) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())


def _usage(*allowed: str) -> x509.KeyUsage:
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{each: each in allowed for each in every})
