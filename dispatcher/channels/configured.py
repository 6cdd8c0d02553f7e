"""From the settings file's [[channel]] tables to channels; the recipe is in docs/channels.md."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from dispatcher.channels.port import Channel
from dispatcher.channels.tables import (
    ChannelTable,
    WebhookTable,
    classes_of,
)
from dispatcher.channels.webhook import WebhookChannel, WebhookTarget
from dispatcher.channels.webhook_address import Network
from runtime.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What channels need of the process around them."""

    clock: Clock
    source: str
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


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return texts that have been checked as networks."""
    return tuple(ipaddress.ip_network(each) for each in texts)
