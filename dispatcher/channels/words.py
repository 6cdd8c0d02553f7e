"""An alert in words, for people's mail and telephones; thin unless more may be said."""

from dataclasses import dataclass

from contract.cloudevents import rfc3339
from contract.limits import MAX_TEXT_CHARS
from contract.plain_text import plain
from dispatcher.answers import Place
from dispatcher.channels.webhook import link_to
from dispatcher.message import Message


@dataclass(frozen=True)
class Words:
    """A title of one line, and a body."""

    title: str
    body: str


def words(message: Message, *, full: bool, console_url: str | None) -> Words:
    """Return what a person is told; never who or where unless `full`."""
    incident = message.incident
    test = "" if incident.class_ == "production" else "[TEST] "
    kind = incident.kind or "call"
    title = f"{test}Guardian: {kind}, priority {incident.priority}, {incident.state}"
    lines = [
        *(["This is a test: nobody needs help."] if test else []),
        f"Incident: {incident.incident}",
        f"Version: {incident.version} ({message.reason})",
        f"State: {incident.state}",
        f"Priority: {incident.priority}",
        f"Presses: {message.presses}",
    ]
    if incident.jurisdiction is not None:
        lines.append(f"Station: {plain(incident.jurisdiction, MAX_TEXT_CHARS)}")
    if incident.marks:
        lines.append(f"Marks: {', '.join(incident.marks)}")
    link = link_to(console_url, incident.incident)
    if link is not None:
        lines.append(f"Console: {link}")
    if full:
        lines += _more(message)
    return Words(title, "\n".join(lines) + "\n")


def _more(message: Message) -> list[str]:
    lines = []
    if message.incident.device is not None:
        lines.append(f"Tracker: {message.incident.device}")
    if message.silent:
        lines.append("Silent: make no sound near the holder, do not call")
    if message.place is not None:
        lines += _where(message.place)
    if message.note:
        lines.append(f"Note: {plain(message.note, MAX_TEXT_CHARS)}")
    return lines


def _where(place: Place) -> list[str]:
    lines = [f"Position: {place.lat:.5f}, {place.lon:.5f}"]
    if place.accuracy is not None:
        lines.append(f"Within: {place.accuracy:.0f} m")
    if place.time is not None:
        lines.append(f"Fix of: {rfc3339(place.time)}")
    return lines
