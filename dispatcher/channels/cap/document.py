"""A CAP 1.2 message as XML. Radius in kilometres, altitude in feet, times with a numeric offset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

from contract.limits import MAX_TEXT_CHARS
from contract.messages import IncidentClass, PanicKind
from contract.plain_text import plain
from dispatcher.answers import Place
from dispatcher.channels.cap.thread import Sent
from dispatcher.channels.webhook import link_to
from dispatcher.following.circle import UNKNOWN_ACCURACY_M
from dispatcher.message import Message

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
METRES_PER_KM: Final = 1000.0
METRES_PER_FOOT: Final = 0.3048
"""The international foot, exactly."""
_SEVERITY: Final = {1: "Extreme", 2: "Severe", 3: "Moderate", 4: "Minor", 5: "Unknown"}
_STATUS: Final[dict[IncidentClass, str]] = {
    "production": "Actual", "test": "Test", "canary": "Test"
}  # fmt: skip
_EVENTS: Final[dict[PanicKind | None, str]] = {
    "button": "Personal alarm",
    "call": "Personal alarm, the holder calls 110",
    "fall": "Fall detected",
    "tamper": "Tracker tampered with",
    "test": "Test of a tracker",
    None: "Person in need of help",
}


@dataclass(frozen=True, kw_only=True)
class Voice:
    """Who speaks, to whom, and how much may be said."""

    sender: str
    addresses: tuple[str, ...]
    language: str = "en"
    full: bool = False
    console_url: str | None = None


def document(message: Message, said: Sent, references: Sequence[Sent], voice: Voice) -> bytes:
    """Return the message as an XML document."""
    root = ET.Element("alert", xmlns=NAMESPACE)
    incident = message.incident
    _add(root, "identifier", said.identifier)
    _add(root, "sender", voice.sender)
    _add(root, "sent", cap_time(said.sent))
    _add(root, "status", _STATUS[incident.class_])
    _add(root, "msgType", said.kind)
    _add(root, "scope", "Private")
    _add(root, "addresses", " ".join(_quoted(each) for each in voice.addresses))
    if said.kind == "Cancel":
        _add(root, "note", f"The incident is closed: {incident.disposition or 'no disposition'}.")
    if references:
        triples = (f"{voice.sender},{each.identifier},{cap_time(each.sent)}" for each in references)
        _add(root, "references", " ".join(triples))
    _add(root, "incidents", incident.incident)
    _add_info(root, message, said, voice)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def cap_time(at: int) -> str:
    """Return ms since 1970 as CAP wants it: no fraction, UTC as -00:00 and never Z (3.3.2)."""
    return datetime.fromtimestamp(at // 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def circle(place: Place) -> str:
    """Return latitude,longitude and the radius in kilometres of where the holder was at the fix."""
    radius = UNKNOWN_ACCURACY_M if place.accuracy is None else place.accuracy
    return f"{place.lat:.6f},{place.lon:.6f} {radius / METRES_PER_KM:.4f}"


def feet(metres: float) -> str:
    """Return an altitude above mean sea level in feet."""
    return f"{metres / METRES_PER_FOOT:.2f}"


def _add_info(root: ET.Element, message: Message, said: Sent, voice: Voice) -> None:
    incident, over = message.incident, said.closed
    info = ET.SubElement(root, "info")
    _add(info, "language", voice.language)
    for category in ("Safety", "Rescue"):
        _add(info, "category", category)
    _add(info, "event", _EVENTS[incident.kind])
    _add(info, "responseType", "AllClear" if over else "Execute")
    _add(info, "urgency", "Past" if over else "Immediate")
    _add(info, "severity", _SEVERITY[incident.priority])
    _add(info, "certainty", "Observed")
    _add(info, "onset", cap_time(incident.pressed_at or incident.opened_at))
    _add(info, "expires", cap_time(said.expires))
    _add(info, "senderName", "Guardian")
    _add(info, "headline", _headline(message))
    if voice.full and message.note:
        _add(info, "description", plain(message.note, MAX_TEXT_CHARS))
    link = link_to(voice.console_url, incident.incident)
    if link is not None:
        _add(info, "web", link)
    for name, value in _parameters(message, full=voice.full):
        parameter = ET.SubElement(info, "parameter")
        _add(parameter, "valueName", f"guardian.{name}")
        _add(parameter, "value", value)
    _add_area(info, message, full=voice.full)


def _headline(message: Message) -> str:
    incident = message.incident
    test = "" if incident.class_ == "production" else "TEST: "
    return f"{test}{_EVENTS[incident.kind]}, priority {incident.priority}, {incident.state}"


def _parameters(message: Message, *, full: bool) -> list[tuple[str, str]]:
    incident = message.incident
    found = [
        ("version", str(incident.version)),
        ("state", incident.state),
        ("priority", str(incident.priority)),
        ("presses", str(message.presses)),
        ("reason", message.reason),
    ]
    found += [("mark", mark) for mark in incident.marks]
    if message.step is not None:
        found.append(("step", str(message.step)))
    if full and incident.device is not None:
        found.append(("device", incident.device))
    if full and message.silent:
        found.append(("silent", "true"))
    return found


def _add_area(info: ET.Element, message: Message, *, full: bool) -> None:
    """Add the station responsible, and where the holder was if that may be said."""
    place = message.place if full else None
    station = message.incident.jurisdiction
    if place is None and station is None:
        return
    area = ET.SubElement(info, "area")
    fixed = "" if place is None or place.time is None else f", fix of {cap_time(place.time)}"
    _add(area, "areaDesc", f"{plain(station or 'last known position', MAX_TEXT_CHARS)}{fixed}")
    if place is None:
        return
    _add(area, "circle", circle(place))
    if place.alt is not None:
        _add(area, "altitude", feet(place.alt))


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _quoted(address: str) -> str:
    """Return an address as the list separates them: with spaces in it, within quotes (3.2.1)."""
    return f'"{address}"' if " " in address else address
