"""From the settings file's [[channel]] tables to channels; the recipe is in docs/channels.md."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from dispatcher.channels.apprise import AppriseChannel
from dispatcher.channels.cap.channel import CapChannel, cap_route
from dispatcher.channels.cap.document import Voice
from dispatcher.channels.cap.targets import FeedTarget, FolderTarget, PostTarget, Target
from dispatcher.channels.cap.threads import Threads
from dispatcher.channels.email import EmailChannel, MailTarget
from dispatcher.channels.port import Channel
from dispatcher.channels.posting import HttpTarget, Poster
from dispatcher.channels.tables import (
    AppriseTable,
    CapTable,
    ChannelTable,
    EmailTable,
    WebhookTable,
    classes_of,
)
from dispatcher.channels.webhook import WebhookChannel, WebhookTarget
from dispatcher.channels.webhook_address import Network
from dispatcher.routing import Route
from runtime.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What channels need of the process around them."""

    clock: Clock
    source: str
    threads: Threads
    console_url: str | None = None


def configured(tables: Sequence[ChannelTable], around: Surroundings) -> list[Channel]:
    """Return the channels of the tables, in their order.

    Raises:
        PermanentError: one cannot work; it says which and why.
    """
    return [make(table, around) for table in tables]


def make(table: ChannelTable, around: Surroundings) -> Channel:
    """Return the channel of one table.

    Raises:
        PermanentError: it cannot work.
    """
    match table:
        case WebhookTable():
            return _webhook(table, around)
        case CapTable():
            return _cap(table, around)
        case EmailTable():
            return _email(table, around)
        case AppriseTable():
            return AppriseChannel(
                _route(table), table.url, full=table.full, console_url=around.console_url
            )
        case _:
            raise TypeError(f"{type(table).__name__} is no table of a channel")


def _webhook(table: WebhookTable, around: Surroundings) -> Channel:
    target = WebhookTarget(
        url=table.url,
        secrets=tuple(table.secret.split()),
        allowed=networks(table.allow),
        ca_file=table.ca_file,
        console_url=around.console_url,
        full=table.full,
        name=table.name,
        classes=classes_of(table),
    )
    return WebhookChannel(target, around.clock, around.source)


def _cap(table: CapTable, around: Surroundings) -> Channel:
    voice = Voice(
        sender=table.sender,
        addresses=table.addresses,
        language=table.language,
        full=table.full,
        console_url=around.console_url,
    )
    route = cap_route(table.name, classes_of(table), full=table.full)
    return CapChannel(route, voice, _target(table, around.clock), around.threads, around.clock)


def _target(table: CapTable, clock: Clock) -> Target:
    if table.folder is not None:
        return FolderTarget(table.folder)
    if table.feed is not None:
        return FeedTarget(table.feed, table.sender, clock)
    target = HttpTarget(
        url=table.url or "",
        secrets=tuple((table.secret or "").split()),
        allowed=networks(table.allow),
        ca_file=table.ca_file,
    )
    return PostTarget(Poster(target, clock))


def _email(table: EmailTable, around: Surroundings) -> Channel:
    target = MailTarget(
        host=table.host,
        sender=table.sender,
        to=table.to,
        port=table.port,
        security=table.security,
        username=table.username,
        password=table.password,
        ca_file=table.ca_file,
        full=table.full,
        console_url=around.console_url,
    )
    return EmailChannel(_route(table), target)


def _route(table: ChannelTable) -> Route:
    return Route(table.name, classes=classes_of(table))


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return texts that have been checked as networks."""
    return tuple(ipaddress.ip_network(each) for each in texts)
