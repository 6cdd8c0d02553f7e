"""Login at the brokers, each with the certificate of the party that uses it."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from guardian.doctor.access import trespass
from guardian.doctor.certificates import expiry, now, renewal
from guardian.doctor.finding import Check, Finding, fault, ok, warning
from guardian.doctor.handshake import HandshakeError, shake_hands
from guardian.doctor.installation import Installation, Party
from guardian.doctor.visit import Visit, VisitError
from runtime.clock import Clock
from runtime.mqtt.address import BrokerAddress, parse_broker
from runtime.mqtt.errors import TlsFilesError

Runs = Callable[[], bool]
"""Says whether the tracker's own agent runs, or might."""

_BROKER_ANSWERS = "systemctl status guardian-broker; ss -ltn | grep "
_REMEDIES = (
    ("connection refused", f"start the broker: {_BROKER_ANSWERS}{{port}}"),
    ("no address", "correct the name in `brokers`, or the name service: getent hosts {host}"),
    ("unreachable", "ip route get {host}"),
    ("no answer", "a firewall, or the wrong address: nc -vz {host} {port}"),
    ("timed out", "a firewall, or the wrong address: nc -vz {host} {port}"),
    ("mismatch", "guardian enroll init PKI --host {host}; restart the broker"),
    ("not valid for", "guardian enroll init PKI --host {host}; restart the broker"),
    ("self-signed", "ca_file is of another PKI: copy ca.crt of the one that runs this broker"),
    ("unable to get local issuer", "ca_file is of another PKI: copy ca.crt of the broker's own"),
    ("certificate signature failure", "ca_file is of another PKI: copy the ca.crt of its own"),
    ("not yet valid", "this machine's clock is behind: timedatectl set-ntp true"),
    ("certificate has expired", "the broker's certificate, or this clock: date -u"),
    ("certificate revoked", "this certificate was revoked: {renewal}"),
    ("certificate expired", "this certificate has expired: {renewal}"),
    ("unknown ca", "the broker does not know this certificate's authority: {renewal}"),
    ("not authorized", "the broker does not accept this certificate: {renewal}"),
    ("wrong version number", "that port speaks no TLS: correct the port, or use mqtt://"),
    ("alert", "the broker refuses this certificate, its own log says why: {renewal}"),
    ("ended", "the broker ended it, and its own log says why: journalctl -u guardian-broker"),
)
"""Words in a reason, the first that fits, and what mends it."""


def checks(installation: Installation, clock: Clock, agent_runs: Runs) -> list[Check]:
    """Return a login of every party at each of its brokers, and a look at each broker."""
    found = []
    for each in installation.parties:
        for broker in map(parse_broker, each.brokers):
            login = partial(_login, each, broker, clock, agent_runs)
            found.append(Check("broker", _about(each, broker), login))
    for broker, party in _first_of_each(installation).items():
        look = partial(_shown, party, broker, installation.pki, clock)
        found.append(Check("broker", str(broker), look))
    return found


def remedy(reason: str, party: Party, broker: BrokerAddress) -> str:
    """Return what mends a failed login."""
    words = reason.lower()
    for sign, what in _REMEDIES:
        if sign in words:
            return what.format(host=broker.host, port=broker.port, renewal=renewal(party))
    return "its own log says more: journalctl -u guardian-broker"


def _about(party: Party, broker: BrokerAddress) -> str:
    return f"{party.name} at {broker}"


def _login(
    party: Party, broker: BrokerAddress, clock: Clock, agent_runs: Runs
) -> Iterator[Finding]:
    """Log in for real; beside a running agent, whose session it would take, only shake hands."""
    about = _about(party, broker)
    try:
        if party.role == "tracker" and agent_runs():
            if broker.tls:
                shake_hands(party, broker)
            says = "TLS accepts the certificate (no login beside the running agent)"
            yield ok("broker.login", about, says)
            return
        with Visit(party, broker, clock) as visit:
            yield ok("broker.login", about, "lets it in")
            if party.role == "tracker":
                yield from trespass(visit, broker, clock)
            new = party.role == "tracker" and not visit.session_present
        if new:  # the visit has made a session that would stay for a day
            Visit(party, broker, clock, leave_nothing=True).leave()
    except (VisitError, HandshakeError) as error:
        yield fault("broker.login", about, str(error), remedy(str(error), party, broker))
    except TlsFilesError as error:
        yield fault("broker.login", about, str(error), "see the certificate's own line")


def _first_of_each(installation: Installation) -> dict[BrokerAddress, Party]:
    """Return every TLS broker with one party that can look at it."""
    found: dict[BrokerAddress, Party] = {}
    for each in installation.parties:
        for broker in map(parse_broker, each.brokers):
            if broker.tls:
                found.setdefault(broker, each)
    return found


def _shown(
    party: Party, broker: BrokerAddress, pki: Path | None, clock: Clock
) -> Iterator[Finding]:
    """Look at the certificate that the broker shows."""
    try:
        shown = shake_hands(party, broker).certificate
    except (HandshakeError, TlsFilesError):
        return  # the login says it, and with which certificate
    again = "guardian enroll init PKI, then restart the broker"
    yield expiry("broker.certificate", broker, shown, now(clock), again)
    if pki is not None:
        yield from _as_on_disk(broker, shown.serial, pki)


def _as_on_disk(broker: BrokerAddress, serial: int, pki: Path) -> Iterator[Finding]:
    """Say when the broker still shows a certificate that has been replaced."""
    from broker_config import mosquitto, registry  # noqa: PLC0415 - not on a tracker
    from broker_config.errors import NotInitializedError  # noqa: PLC0415
    from broker_config.pki import PkiFolder  # noqa: PLC0415
    from guardian.doctor.x509 import CertificateUnreadableError, read_pem  # noqa: PLC0415

    try:
        folder = Path(registry.load(PkiFolder(pki).registry).broker.folder)
        written = read_pem((folder / mosquitto.SERVER_CERT_FILE).read_text(encoding="utf-8"))
    except (NotInitializedError, OSError, ValueError, CertificateUnreadableError):
        return  # other lines say so
    if written.serial != serial:
        says = f"shows another certificate than {folder / mosquitto.SERVER_CERT_FILE}"
        remedy_ = "systemctl restart guardian-broker (or it is the broker of another PKI)"
        yield warning("broker.certificate", broker, says, remedy_)
