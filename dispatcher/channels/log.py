"""Alerts as log lines: always thin."""

from dispatcher.message import Message
from dispatcher.routing import ALL_CLASSES, Route
from runtime import logs


class LogChannel:
    """Writes one line for each message."""

    route = Route("log", classes=ALL_CLASSES)

    def __init__(self) -> None:
        self._log = logs.get(__name__)

    def send(self, message: Message) -> None:
        """Log the incident's id, state and urgency; never who or where."""
        incident = message.incident
        write = self._log.info if message.reason == "changed" else self._log.warning
        write(
            f"incident_{message.reason}",
            incident=incident.incident,
            version=incident.version,
            incident_class=incident.class_,
            state=incident.state,
            kind=incident.kind,
            priority=incident.priority,
            marks=incident.marks,
            presses=message.presses,
            step=message.step,
        )
