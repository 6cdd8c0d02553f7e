"""Alerts to an HTTP endpoint: CloudEvents bodies, signed per Standard Webhooks v1."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from contract.cloudevents import rfc3339
from contract.messages import CloudEvent, Incident, IncidentClass
from dispatcher.answers import Place
from dispatcher.channels.posting import HttpTarget, Poster, secret_problem, url_problem
from dispatcher.channels.webhook_address import Resolver, resolve
from dispatcher.message import Message
from dispatcher.routing import PRODUCTION, Route
from runtime.clock import Clock

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"


class Alert(Incident, frozen=True, kw_only=True, omit_defaults=True, rename={"class_": "class"}):
    """What a webhook carries: the incident, why it is sent now, and where to look it up.

    `silent`, `place` and `note` only where the channel is `full`; `place` only while it is open.
    """

    reason: str
    presses: int
    step: int | None = None
    link: str | None = None
    silent: bool | None = None
    place: Place | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class WebhookTarget(HttpTarget):
    """One endpoint, and what it may be told."""

    console_url: str | None = None
    full: bool = False
    name: str = "webhook"
    classes: frozenset[IncidentClass] = PRODUCTION


class WebhookChannel:
    """Posts each message."""

    def __init__(
        self, target: WebhookTarget, clock: Clock, source: str, *, resolver: Resolver = resolve
    ) -> None:
        """Take the target.

        Raises:
            CaFileError: the file of authorities cannot be used.
        """
        self.route = Route(target.name, classes=target.classes)
        self._target = target
        self._source = source
        self._poster = Poster(target, clock, resolver)

    def send(self, message: Message) -> None:
        """Post, and return when the receiver has answered 2xx; raises what `Poster.post` does."""
        self._poster.post(message.id, msgspec.json.encode(self._event(message)), CONTENT_TYPE)

    def _event(self, message: Message) -> CloudEvent[Alert]:
        incident = message.incident
        shared = {name: getattr(incident, name) for name in incident.__struct_fields__}
        if self._target.full:
            shared |= {"silent": message.silent, "place": message.place, "note": message.note}
        return CloudEvent(
            id=message.id,
            source=self._source,
            type=f"org.guardian.alert.{message.reason}",
            time=rfc3339(message.at),
            subject=incident.incident,
            data=Alert(
                **shared,
                reason=message.reason,
                presses=message.presses,
                step=message.step,
                link=link_to(self._target.console_url, incident.incident),
            ),
        )


def link_to(console_url: str | None, incident: str) -> str | None:
    """Return where the console shows an incident."""
    return None if console_url is None else f"{console_url.rstrip('/')}/#{incident}"


def check_target(url: str, secrets: Sequence[str]) -> None:
    """Refuse what cannot work.

    Raises:
        ValueError: saying what was expected.
    """
    wrong = url_problem(url)
    if wrong is not None:
        raise ValueError(f"GUARDIAN_WEBHOOK_URL: {wrong}")
    if not secrets:
        raise ValueError("GUARDIAN_WEBHOOK_SECRET: is required with GUARDIAN_WEBHOOK_URL")
    wrong = secret_problem(secrets)
    if wrong is not None:
        raise ValueError(f"GUARDIAN_WEBHOOK_SECRET: {wrong}")
