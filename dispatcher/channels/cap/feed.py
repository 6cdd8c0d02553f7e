"""An Atom feed (RFC 4287) of CAP messages: of each incident the newest, until it expires."""

from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

from contract.cloudevents import rfc3339
from dispatcher.channels.cap.document import NAMESPACE as CAP
from dispatcher.channels.cap.thread import LIVES_MS, Sent

ATOM: Final = "http://www.w3.org/2005/Atom"


class Feed:
    """The feed as it was written before, by us alone; what cannot be read begins anew."""

    def __init__(self, sender: str, old: bytes) -> None:
        self._sender = sender
        self._entries: list[ET.Element] = []
        self._updated = rfc3339(0)
        if old:
            try:
                self._entries = ET.fromstring(old).findall(_atom("entry"))  # noqa: S314 - our file
            except ET.ParseError:
                self._entries = []

    def add(self, said: Sent, written: bytes, now: int) -> None:
        """Put a message in the place of what the feed has of its incident; drop what is over."""
        alert = ET.fromstring(written)  # noqa: S314 - our own message
        incident = _text(alert, _cap("incidents"))
        kept = [each for each in self._entries if _incident(each) != incident]
        self._entries = [self._entry(alert, said), *(each for each in kept if _listed(each, now))]
        self._updated = rfc3339(now)

    def written(self) -> bytes:
        """Return the feed as XML."""
        ET.register_namespace("", ATOM)
        ET.register_namespace("cap", CAP)
        root = ET.Element(_atom("feed"))
        _add(root, "id", f"urn:guardian:cap:{self._sender}")
        _add(root, "title", "Guardian")
        _add(root, "updated", self._updated)
        author = ET.SubElement(root, _atom("author"))
        _add(author, "name", self._sender)
        root.extend(self._entries)
        written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
        return written

    def _entry(self, alert: ET.Element, said: Sent) -> ET.Element:
        entry = ET.Element(_atom("entry"))
        _add(entry, "id", f"urn:guardian:cap:{self._sender}:{said.identifier}")
        _add(entry, "title", _text(alert, f"{_cap('info')}/{_cap('headline')}"))
        _add(entry, "updated", rfc3339(said.sent))
        content = ET.SubElement(entry, _atom("content"), type="application/cap+xml")
        content.append(alert)
        return entry


def _incident(entry: ET.Element) -> str:
    return _text(entry, f".//{_cap('incidents')}")


def _listed(entry: ET.Element, now: int) -> bool:
    """Say whether an entry stays: for a day, as long as any message lives."""
    try:
        updated = datetime.fromisoformat(_text(entry, _atom("updated")))
    except ValueError:
        return False
    return now - updated.astimezone(UTC).timestamp() * 1000 < LIVES_MS


def _text(element: ET.Element, path: str) -> str:
    return element.findtext(path) or ""


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _atom(name)).text = text


def _atom(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def _cap(name: str) -> str:
    return f"{{{CAP}}}{name}"
