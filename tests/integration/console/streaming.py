"""A client of the event stream, over a real connection."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from tests.integration.console.site import Site

PATIENCE_S = 10.0


@dataclass(frozen=True)
class Event:
    """One event as it came over the line."""

    name: str
    id: str | None
    content: dict[str, Any]


class Stream:
    """One connection; reading blocks for at most ten seconds."""

    def __init__(self, site: Site, headers: dict[str, str]) -> None:
        self._connection = HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE_S)
        self._connection.request("GET", "/api/v1/events", headers=headers)
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200, self._answer.read()

    def next(self, *names: str) -> Event | None:
        """Return the next event of one of these names; None when the server has ended."""
        while (event := self._read()) is not None:
            if event.name in names:
                return event
        return None

    def until_the_end(self) -> list[Event]:
        """Return all that comes before the server ends."""
        found = []
        while (event := self._read()) is not None:
            found.append(event)
        return found

    def close(self) -> None:
        """Leave without a word, as a browser does."""
        self._answer.close()
        self._connection.close()

    def _read(self) -> Event | None:
        fields: dict[str, str] = {}
        try:
            while line := self._answer.readline():
                text = line.decode().rstrip("\n")
                if not text and "data" in fields:
                    content = json.loads(fields["data"])
                    return Event(fields["event"], fields.get("id"), content)
                name, _, value = text.partition(": ")
                fields[name] = value
        except (OSError, HTTPException) as error:
            if isinstance(error, TimeoutError):
                raise
        return None


class Streams:
    """Opens streams, and closes them all."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._open: list[Stream] = []

    def of(self, headers: dict[str, str]) -> Stream:
        """Open a stream with these headers."""
        stream = Stream(self._site, headers)
        self._open.append(stream)
        return stream

    def of_token(self, name: str = "cad", *, last_event_id: int | None = None) -> Stream:
        """Open a stream with a new token of this name."""
        headers = {"Authorization": f"Bearer {self._site.accounts.add_token(name)}"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = str(last_event_id)
        return self.of(headers)

    def of_many(self, count: int) -> list[Stream]:
        """Open streams that have begun."""
        streams = [self.of_token(f"cad-{number}") for number in range(count)]
        for stream in streams:
            stream.next("heartbeat")
        return streams

    def close(self) -> None:
        """Close them all."""
        for stream in self._open:
            stream.close()
