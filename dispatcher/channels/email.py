"""Alerts by e-mail: SMTP with STARTTLS or TLS, the server's certificate checked."""

import smtplib
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from pathlib import Path
from typing import Final, Literal

from contract.errors import PermanentError, TransientError
from dispatcher.channels.deadline import deadline
from dispatcher.channels.posting import tls_context
from dispatcher.channels.words import words
from dispatcher.message import Message
from dispatcher.routing import Route
from runtime import logs

ANSWER_S: Final = 10.0
"""Servers that fight spam wait some seconds before they answer (RFC 5321 permits minutes)."""
TOTAL_S: Final = 30.0
"""Longer than the slowest honest server; another mail may wait behind this one."""
_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
_PERMANENT: Final = 500
"""From here on SMTP's codes say that trying again cannot help."""

_log = logs.get(__name__)


class MailNotSentError(TransientError):
    """The mail server did not take the message; it is tried again."""


class MailRefusedError(PermanentError):
    """The mail server refuses us or all recipients: check log-in, sender and addresses."""


@dataclass(frozen=True, kw_only=True)
class MailTarget:
    """A mail server, and who writes to whom."""

    host: str
    sender: str
    to: tuple[str, ...]
    port: int | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    full: bool = False
    console_url: str | None = None


class EmailChannel:
    """Sends a mail for each message; its Message-ID is the same over retries."""

    def __init__(self, route: Route, target: MailTarget) -> None:
        """Take the target.

        Raises:
            CaFileError: the file of authorities cannot be used.
        """
        self.route = route
        self._target = target
        self._tls = tls_context(target.ca_file)
        self._domain = target.sender.rpartition("@")[2]

    def send(self, message: Message) -> None:
        """Send, and return when the server has taken it for at least one recipient.

        Raises:
            MailNotSentError: it may work later.
            MailRefusedError: somebody has to change something.
        """
        mail = self._mail(message)
        session = self._session()
        try:
            with deadline(TOTAL_S, lambda: session.sock):
                refused = self._talk(session, mail)
        except smtplib.SMTPException as error:
            raise _of(error) from error
        except OSError as error:  # also of TLS
            raise MailNotSentError(f"{type(error).__name__}: {error}") from error
        finally:
            with suppress(OSError):
                session.close()
        if refused:
            _log.error("recipients_refused", channel=self.route.channel, count=refused)

    def _session(self) -> smtplib.SMTP:
        if self._target.security == "tls":
            return smtplib.SMTP_SSL(timeout=ANSWER_S, context=self._tls)
        return smtplib.SMTP(timeout=ANSWER_S)

    def _talk(self, session: smtplib.SMTP, mail: EmailMessage) -> int:
        """Send a mail; return how many of several recipients were refused."""
        target = self._target
        # smtplib compares the certificate with the host of its constructor, which would connect.
        session._host = target.host  # type: ignore[attr-defined] # noqa: SLF001 - see above
        code, answer = session.connect(target.host, target.port or _PORTS[target.security])
        if code != 220:  # noqa: PLR2004 - "ready", RFC 5321
            raise smtplib.SMTPConnectError(code, answer)
        if target.security == "starttls":
            session.starttls(context=self._tls)
        if target.username is not None:
            session.login(target.username, target.password or "")
        refused = session.send_message(mail, target.sender, target.to)
        with suppress(smtplib.SMTPException):
            session.quit()
        return len(refused)

    def _mail(self, message: Message) -> EmailMessage:
        """Write the mail; the library refuses a line break in any header."""
        said = words(message, full=self._target.full, console_url=self._target.console_url)
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self._target.sender
        mail["To"] = ", ".join(self._target.to)
        mail["Subject"] = said.title
        mail["Date"] = formatdate(message.at // 1000)
        mail["Message-ID"] = f"<{message.id}@{self._domain}>"
        mail["References"] = f"<{message.incident.incident}@{self._domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        if message.incident.class_ == "production":
            mail["X-Priority"] = "1"
        mail.set_content(said.body)
        return mail


def _of(error: smtplib.SMTPException) -> PermanentError | TransientError:
    """Return our error for the library's; its text holds no address and no password."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _answer in error.recipients.values()})
        words = f"all recipients refused: {codes}"
        return (MailRefusedError if codes[0] >= _PERMANENT else MailNotSentError)(words)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return MailRefusedError("the server offers no STARTTLS, or no log-in that we know")
    if isinstance(error, smtplib.SMTPResponseException):
        words = f"{type(error).__name__}: the server answered {error.smtp_code}"
        return (MailRefusedError if error.smtp_code >= _PERMANENT else MailNotSentError)(words)
    return MailNotSentError(type(error).__name__)
