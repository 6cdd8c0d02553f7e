"""E-mail against a real SMTP server on loopback."""

import socket
import ssl
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from dispatcher.channels import email
from dispatcher.channels.email import (
    EmailChannel,
    MailNotSentError,
    MailRefusedError,
    MailTarget,
)
from dispatcher.routing import Route
from tests.integration.dispatcher.certificate import make_certificate
from tests.unit.dispatcher.channels.cap.messages import INCIDENT, message

pytestmark = pytest.mark.integration

PASSWORD = "correct horse"


class Mailbox:
    """Takes mail, and refuses what a test wants refused."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.refuse: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        if "data" in self.refuse:
            return self.refuse["data"]
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"


class Server(Controller):
    """A mail server that asks for STARTTLS and a log-in."""

    def __init__(
        self,
        mailbox: Mailbox,
        tls: ssl.SSLContext | None,
        wrapped: ssl.SSLContext | None = None,
        **options: Any,
    ) -> None:
        self._options = {"tls_context": tls, "require_starttls": tls is not None, **options}
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        super().__init__(mailbox, hostname="127.0.0.1", port=port, ssl_context=wrapped)

    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="localhost", **self._options)


def known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    return AuthResult(success=given.password == PASSWORD.encode(), handled=False)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def ca_file(tmp_path: Path) -> Path:
    return make_certificate(tmp_path / "mail.pem", "localhost")


@pytest.fixture
def server(mailbox: Mailbox, ca_file: Path) -> Iterator[Server]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(ca_file)
    made = Server(
        mailbox, tls, authenticator=known, auth_required=True, auth_exclude_mechanism=["LOGIN"]
    )
    made.start()
    yield made
    made.stop()


def channel(port: int, **fields: Any) -> EmailChannel:
    shared: dict[str, Any] = {
        "host": "localhost", "port": port, "sender": "guardian@police.example",
        "to": ("duty@police.example", "chief@police.example"), "username": "guardian",
        "password": PASSWORD, "console_url": "https://console.example",
    }  # fmt: skip
    return EmailChannel(Route("mail"), MailTarget(**{**shared, **fields}))


def test_a_thin_mail_arrives_through_starttls(
    server: Server, mailbox: Mailbox, ca_file: Path
) -> None:
    made = channel(server.port, ca_file=ca_file)
    made.send(message(jurisdiction="xinyi\r\nBcc: everybody@example"))
    made.send(message())
    first, second = mailbox.taken
    assert first["To"] == "duty@police.example, chief@police.example"
    assert first["Subject"] == "Guardian: button, priority 2, raised"
    assert first["Message-ID"] == second["Message-ID"] == f"<{INCIDENT}.0@police.example>"
    assert "Bcc" not in first
    body = first.get_content()
    assert f"https://console.example/#{INCIDENT}" in body
    assert "Station: xinyi Bcc: everybody@example" in body
    for secret in ("25.03", "knife", "tracker-a", "Silent"):
        assert secret not in body


def test_a_full_one_says_where(server: Server, mailbox: Mailbox, ca_file: Path) -> None:
    channel(server.port, ca_file=ca_file, full=True).send(message(class_="test"))
    (mail,) = mailbox.taken
    assert mail["Subject"].startswith("[TEST] ")
    assert "Position: 25.03340, 121.56450" in mail.get_content()
    assert "nobody needs help" in mail.get_content()


def test_tls_from_the_first_byte(mailbox: Mailbox, ca_file: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(ca_file)

    made = Server(mailbox, None, wrapped=tls)
    made.start()
    try:
        channel(made.port, ca_file=ca_file, security="tls", username=None, password=None).send(
            message()
        )
    finally:
        made.stop()
    assert len(mailbox.taken) == 1


def test_a_server_that_nobody_certifies_gets_no_word(server: Server, mailbox: Mailbox) -> None:
    with pytest.raises(MailNotSentError, match=r"(?i)certificate"):
        channel(server.port).send(message())
    assert mailbox.taken == []


def test_the_name_in_the_certificate_is_the_hosts(server: Server, ca_file: Path) -> None:
    with pytest.raises(MailNotSentError, match=r"(?i)certificate|ip address"):
        channel(server.port, ca_file=ca_file, host="127.0.0.1").send(message())


def test_a_wrong_password_is_somebodys_to_mend_and_is_not_shown(
    server: Server, ca_file: Path
) -> None:
    with pytest.raises(MailRefusedError) as refused:
        channel(server.port, ca_file=ca_file, password="hush").send(message())
    assert "535" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_server_without_starttls_is_refused(mailbox: Mailbox) -> None:
    made = Server(mailbox, None)
    made.start()
    try:
        with pytest.raises(MailRefusedError, match="STARTTLS"):
            channel(made.port).send(message())
    finally:
        made.stop()
    assert mailbox.taken == []


def test_one_recipient_of_two_is_enough_and_none_is_a_failure(
    server: Server, mailbox: Mailbox, ca_file: Path
) -> None:
    made = channel(server.port, ca_file=ca_file)
    mailbox.refuse = {"chief@police.example": "550 nobody"}
    made.send(message())
    assert len(mailbox.taken) == 1
    mailbox.refuse |= {"duty@police.example": "550 nobody"}
    with pytest.raises(MailRefusedError, match="550"):
        made.send(message())
    mailbox.refuse = {"data": "451 later"}
    with pytest.raises(MailNotSentError, match="451"):
        made.send(message())


def test_who_accepts_and_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email, "TOTAL_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        given_up = Event()

        def drip() -> None:
            caller, _ = listening.accept()
            with caller:
                while not given_up.wait(0.05):
                    try:
                        caller.sendall(b"2")
                    except OSError:
                        return

        thread = Thread(target=drip)
        thread.start()
        with pytest.raises(MailNotSentError):
            channel(listening.getsockname()[1]).send(message())
        given_up.set()
        thread.join(5)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(MailNotSentError, match="refused"):
        channel(port).send(message())
