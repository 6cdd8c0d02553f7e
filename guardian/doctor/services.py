"""Whether our own services answer: /healthz, as whoever restarts them asks it."""

import ssl
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, build_opener

from guardian.doctor.certificates import expiry
from guardian.doctor.finding import Finding, fault, ok
from guardian.doctor.x509 import CertificateUnreadableError, read_pem

if TYPE_CHECKING:
    from dispatcher.settings import HttpSettings

ANSWER_S = 5.0
"""They answer in milliseconds, and stay well within the time of a check."""

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
"""Where to ask somebody who listens on all addresses."""


def health(name: str, bind: str) -> Iterator[Finding]:
    """Ask a service where it shows its metrics."""
    yield _asked(name, f"http://{_address(bind)}/healthz")


def console(http: "HttpSettings") -> Iterator[Finding]:
    """Ask the dispatcher where consoles do."""
    tls = http.http_cert_file is not None and not http.behind_proxy
    yield _asked("console", f"{'https' if tls else 'http'}://{_address(http.http_bind)}/healthz")


def certificate(http: "HttpSettings", at: datetime) -> Iterator[Finding]:
    """Look at the certificate that the console shows to browsers: it may be of anybody's."""
    path, key = http.http_cert_file, http.http_key_file
    if path is None or key is None or http.behind_proxy:
        return
    again = (
        "guardian enroll init PKI; or renew your own; then: systemctl restart guardian-dispatcher"
    )
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, key, password=lambda: "")
        own = read_pem(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, CertificateUnreadableError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        says = f"{path} with {key}: {str(reason).replace('_', ' ').lower()}"
        yield fault("service.certificate", "console", says, f"ls -l {path} {key}; {again}")
        return
    yield expiry("service.certificate", f"console ({path})", own, at, again)


def _address(bind: str) -> str:
    host, _, port = bind.rpartition(":")
    plain = host.strip("[]")
    found = _EVERYWHERE.get(plain, plain)
    return f"[{found}]:{port}" if ":" in found else f"{found}:{port}"


def _asked(name: str, url: str) -> Finding:
    part = name.split(".")[1] if name.startswith("svc.") else "dispatcher"
    service = "watch" if part == "tool" else part
    remedy = f"systemctl restart guardian-{service}; journalctl -u guardian-{service} -n 50"
    try:
        with _opener().open(url, timeout=ANSWER_S):
            return ok("service.health", name, f"{url} says that it is well")
    except HTTPError as error:
        said = error.read(300).decode("utf-8", "replace").strip()
        return fault("service.health", name, f"{url} answers {error.code}: {said}", remedy)
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        return fault("service.health", name, f"{url} does not answer: {reason}", remedy)


def _opener() -> OpenerDirector:
    """Return a client that asks no proxy; who answers is judged by the certificate's own lines."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return build_opener(ProxyHandler({}), HTTPSHandler(context=context))
