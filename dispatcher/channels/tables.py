"""The [[channel]] tables of the settings file: one struct for each type of channel."""

import ipaddress
import re
from collections import Counter
from email.errors import MessageError
from email.headerregistry import Address
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from contract.messages import IncidentClass
from dispatcher.channels.posting import secret_problem, url_problem
from dispatcher.routing import ALL_CLASSES, PRODUCTION

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Port = Annotated[int, Meta(ge=1, le=65535)]

RESERVED: Final = frozenset({"log", "mqtt", "release", "console", "consoles", "all"})
"""Channels that are always there, and words that a ladder knows."""
_CAP_ID: Final = re.compile(r"[^\s,<&]{1,100}\Z")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*\Z")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class ChannelTable(Struct, kw_only=True, frozen=True, tag_field="type"):
    """What every channel has."""

    name: Name
    classes: tuple[IncidentClass, ...] = ("production",)
    full: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot work, all of it at once."""
        problems = [*self._class_problems(), *self.problems()]
        if problems:
            raise ValueError("\n".join(problems))

    def __repr__(self) -> str:
        """Return its type and name; the rest may be secret."""
        return f"{type(self).__name__}({self.name!r})"

    def problems(self) -> list[str]:
        """Return what is wrong with the fields of this type."""
        return []

    def _class_problems(self) -> list[str]:
        if self.name in RESERVED:
            return [f"name: {self.name!r} is reserved"]
        if not self.classes:
            return ["classes: expected at least one"]
        if "production" in self.classes and len(set(self.classes)) > 1:
            return ["classes: a channel takes production alone, or test and canary"]
        return []


class WebhookTable(ChannelTable, tag="webhook", kw_only=True, frozen=True):
    """Standard Webhooks with CloudEvents bodies."""

    url: str
    secret: str
    allow: tuple[str, ...] = ()
    ca_file: Path | None = None

    def problems(self) -> list[str]:
        """Return what is wrong with URL, secret and networks."""
        return _http_problems(self.url, self.secret, self.allow)


class CapTable(ChannelTable, tag="cap", kw_only=True, frozen=True):
    """CAP 1.2 to a folder, a webhook or an Atom feed."""

    sender: str
    addresses: tuple[str, ...]
    folder: Path | None = None
    feed: Path | None = None
    url: str | None = None
    secret: str | None = None
    allow: tuple[str, ...] = ()
    ca_file: Path | None = None
    language: str = "en"

    def problems(self) -> list[str]:
        """Return what is wrong: CAP's rules of identifiers, and that there is one target."""
        found = []
        if not _CAP_ID.match(self.sender):
            found.append("sender: expected text without spaces, commas, < and &")
        if not self.addresses or any(not each.strip() or '"' in each for each in self.addresses):
            found.append("addresses: expected at least one; the messages are private")
        if not _LANGUAGE.match(self.language):
            found.append("language: expected a code such as zh-TW")
        if [self.folder, self.feed, self.url].count(None) != 2:  # noqa: PLR2004 - of three
            found.append("expected exactly one of folder, feed and url")
        if self.url is not None:
            found += _http_problems(self.url, self.secret, self.allow)
        return found


class EmailTable(ChannelTable, tag="email", kw_only=True, frozen=True):
    """E-mail through an SMTP server."""

    host: str
    sender: str
    to: tuple[str, ...]
    port: Port | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None

    def problems(self) -> list[str]:
        """Return what is wrong with addresses, log-in and protection."""
        found = []
        if not self.to:
            found.append("to: expected at least one address")
        for key, address in (("sender", self.sender), *(("to", each) for each in self.to)):
            if not _is_address(address):
                found.append(f"{key}: {address!r} is no e-mail address")
        if (self.username is None) != (self.password is None):
            found.append("username and password belong together")
        if self.security == "none" and self.host not in _LOOPBACK:
            found.append("security: none is only for a server on this machine")
        if not self.host.isprintable() or " " in self.host or not self.host:
            found.append("host: expected a host name")
        return found


class AppriseTable(ChannelTable, tag="apprise", kw_only=True, frozen=True):
    """Whatever Apprise knows: SMS gateways, Telegram, LINE and more."""

    url: str

    def problems(self) -> list[str]:
        """Return what is wrong with the URL, without showing it: it holds the secrets."""
        return [] if "://" in self.url else ["url: expected an Apprise URL, service://..."]


AnyChannelTable = WebhookTable | CapTable | EmailTable | AppriseTable


def check_together(tables: tuple[ChannelTable, ...]) -> None:
    """Refuse names that are given twice.

    Raises:
        ValueError: naming them, one a line.
    """
    counts = Counter(each.name for each in tables)
    twice = [
        f"name: {name!r} is given {count} times" for name, count in counts.items() if count > 1
    ]
    if twice:
        raise ValueError("\n".join(twice))


def classes_of(table: ChannelTable) -> frozenset[IncidentClass]:
    """Return the classes of a table that has been checked."""
    return PRODUCTION if "production" in table.classes else ALL_CLASSES & set(table.classes)


def _http_problems(url: str, secret: str | None, allow: tuple[str, ...]) -> list[str]:
    found = []
    if (wrong := url_problem(url)) is not None:
        found.append(f"url: {wrong}")
    if secret is not None and not secret.split():
        found.append("secret: expected whsec_ and base64")
    elif secret is not None and (wrong := secret_problem(secret.split())) is not None:
        found.append(f"secret: {wrong}")
    for each in allow:
        try:
            ipaddress.ip_network(each)
        except ValueError:
            found.append(f"allow: {each!r}: expected a network such as 10.0.0.0/8")
    return found


def _is_address(text: str) -> bool:
    try:
        address = Address(addr_spec=text)
    except (MessageError, ValueError, IndexError):
        return False
    return bool(address.username and address.domain) and text.isprintable() and " " not in text
