"""The desk: every change of an incident, one transaction each."""

from typing import Protocol

from contract.messages import Disposition, IncidentState, Receipt
from dispatcher.answers import (
    CallOpening,
    DeskEvent,
    IncidentDetail,
    IncidentPage,
)
from dispatcher.incident.states import OperatorEvent


class Desk(Protocol):
    """Thread-safe; every method may raise StoreUnavailableError (try again)."""

    def take_panic(self, device: str, payload: bytes, arrived_at: int) -> Receipt:
        """Commit what a panic means and return what the tracker is told."""

    def open_from_call(self, call: CallOpening, actor: str) -> IncidentDetail:
        """Open an incident from a call, or join the tracker's open one; it alerts too."""

    def act(
        self,
        incident: str,
        event: OperatorEvent,
        actor: str,
        *,
        note: str | None = None,
        disposition: Disposition | None = None,
    ) -> IncidentDetail:
        """Do what an operator asks.

        Raises:
            RefusedError: the state does not permit it; `reason`, `actor` and `at` say why.
            UnknownIncidentError: there is no such incident.
        """

    def incident(self, incident: str) -> IncidentDetail:
        """Return an incident in full; with its position only while it is open.

        Raises:
            UnknownIncidentError: there is no such incident.
        """

    def incidents(
        self, state: IncidentState | None, cursor: str | None, limit: int
    ) -> IncidentPage:
        """Return a page, newest first; all states without `state`.

        Raises:
            UnknownCursorError: the cursor is none of ours.
        """

    def board(self) -> list[IncidentDetail]:
        """Return all that a console must show: the open ones and those that nobody has seen."""

    def events_after(self, event_id: int, limit: int) -> list[DeskEvent]:
        """Return events with greater ids, oldest first."""

    def last_event(self) -> int:
        """Return the id of the newest event, 0 when there is none."""

    def memory_events_after(self, sequence: int) -> tuple[int, list[DeskEvent]]:
        """Return the alerts and alarms given from memory since `sequence`, and the new sequence.

        They never touch the database, so they reach consoles while it is down. Begin with 0.
        """

    def wait_for_events(self, after: int, timeout_s: float, *, memory_after: int = 0) -> bool:
        """Wait until either list may have more; True at once when it has, False on a time-out."""
