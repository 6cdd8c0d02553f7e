"""Hypothesis plays tracker, network, operators and power cuts against a desk on SQLite."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contract.messages import Disposition
from dispatcher.answers import CallOpening, IncidentDetail
from dispatcher.errors import RefusedError
from dispatcher.incident.stages import WAITING
from dispatcher.incident.states import OperatorEvent
from dispatcher.store import timers
from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from tests.unit.dispatcher.world import World, new_id

DEVICES = st.sampled_from(["tracker-a", "tracker-b", "canary-1"])
KINDS = st.sampled_from(["button", "button", "fall", "test"])
MEMORY = Path("/dev/shm")
PICK = st.randoms(use_true_random=False)


class PowerCut(Exception):  # noqa: N818 - what it is
    """The test has ended the process here."""


def _cut_after(work: Callable[[Any], Any], connection: Any) -> None:
    work(connection)
    raise PowerCut


class Sent(NamedTuple):
    """What a tracker has put on the wire; the network delivers it whenever it likes."""

    device: str
    panic_id: str | None
    payload: bytes


class IntakeMachine(RuleBasedStateMachine):
    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        shutil.copy(self.template, self.folder / "incidents.db")
        self.world = World(f"sqlite:///{self.folder / 'incidents.db'}")
        self.other = World(self.world.url, self.world.clock)
        self.wire: list[Sent] = []
        self.updates: dict[tuple[str, str], int] = {}
        self.arrived: dict[tuple[str, str], str] = {}
        self.unreadable: dict[tuple[str, bytes], str] = {}

    def teardown(self) -> None:
        self.settle()
        self.every_press_has_alerted()
        self.world.close()
        self.other.close()
        shutil.rmtree(self.folder)

    # --- Trackers ------------------------------------------------------------------------------

    @rule(device=DEVICES, kind=KINDS, fixed=st.booleans())
    def press(self, device: str, kind: str, fixed: bool) -> None:  # noqa: FBT001 - drawn
        panic_id = new_id()
        location = self.world.here() if fixed else None
        payload = self.world.payload(panic_id, kind=kind, location=location)
        self.updates[device, panic_id] = 0
        self.deliver_now(Sent(device, panic_id, payload))

    @precondition(lambda self: self.updates)
    @rule(pick=st.randoms(use_true_random=False), kind=KINDS, lost=st.booleans())
    def update(self, pick: Any, kind: str, lost: bool) -> None:  # noqa: FBT001 - drawn
        device, panic_id = pick.choice(sorted(self.updates))
        self.updates[device, panic_id] += 1
        number = self.updates[device, panic_id]
        location = self.world.here()
        payload = self.world.payload(panic_id, number, kind=kind, location=location)
        sent = Sent(device, panic_id, payload)
        if lost:
            self.wire.append(sent)
        else:
            self.deliver_now(sent)

    @rule(device=DEVICES, noise=st.binary(max_size=3))
    def garbage(self, device: str, noise: bytes) -> None:
        self.deliver_now(Sent(device, None, b"garbage" + noise))

    # --- The network ---------------------------------------------------------------------------

    @precondition(lambda self: self.wire)
    @rule(pick=st.randoms(use_true_random=False), through_other=st.booleans())
    def deliver_again(self, pick: Any, through_other: bool) -> None:  # noqa: FBT001 - drawn
        self.take(pick.choice(self.wire), self.other if through_other else self.world)

    @rule(device=DEVICES, kind=KINDS, committed=st.booleans(), known=st.booleans(), pick=PICK)
    def die_while_taking(
        self, device: str, kind: str, *, committed: bool, known: bool, pick: Any
    ) -> None:
        """The process dies before the commit, or after it and before anybody is told."""
        if known and self.wire:
            sent = pick.choice(self.wire)
        else:
            panic_id = new_id()
            self.updates[device, panic_id] = 0
            sent = Sent(device, panic_id, self.world.payload(panic_id, kind=kind))
            self.wire.append(sent)
        transactions = self.world.desk._transactions
        whole = transactions.write

        def cut(work: Callable[[Any], Any]) -> Any:
            if committed:
                whole(work)
                raise PowerCut
            return whole(lambda connection: _cut_after(work, connection))

        transactions.write = cut  # type: ignore[method-assign]
        with pytest.raises(PowerCut):
            self.world.desk.take_panic(sent.device, sent.payload, self.world.clock.now_ms())
        self.world.crash()
        self.take(sent, self.world)  # its tracker has not been told, and repeats

    def deliver_now(self, sent: Sent) -> None:
        self.wire.append(sent)
        self.take(sent, self.world)

    def take(self, sent: Sent, world: World) -> None:
        receipt = world.desk.take_panic(sent.device, sent.payload, self.world.clock.now_ms())
        assert receipt.incident is not None
        assert receipt.panic_id == sent.panic_id
        if sent.panic_id is not None:
            self.arrived[sent.device, sent.panic_id] = receipt.incident
        else:
            key = sent.device, sent.payload
            assert self.unreadable.setdefault(key, receipt.incident) == receipt.incident

    # --- People, time and power ----------------------------------------------------------------

    @precondition(lambda self: self.arrived)
    @rule(
        pick=st.randoms(use_true_random=False),
        event=st.sampled_from(get_args(OperatorEvent)),
        disposition=st.sampled_from(get_args(Disposition)),
    )
    def act(self, pick: Any, event: OperatorEvent, disposition: Disposition) -> None:
        incident = pick.choice(sorted(set(self.arrived.values())))
        before = self.world.desk.incident(incident)
        try:
            self.world.desk.act(incident, event, "ann", disposition=disposition)
        except RefusedError:
            assert self.world.desk.incident(incident) == before

    @rule(device=DEVICES)
    def call(self, device: str) -> None:
        self.world.desk.open_from_call(CallOpening(device=device), "ann")

    @rule(seconds=st.sampled_from([0, 1, 10, 15, 120, 301]))
    def wait(self, seconds: int) -> None:
        self.world.after(seconds)

    @rule()
    def crash(self) -> None:
        self.world.crash()

    @rule(name=st.sampled_from(["log", "webhook"]), broken=st.booleans())
    def channel(self, name: str, broken: bool) -> None:  # noqa: FBT001 - drawn
        self.world.channels[name].broken = broken
        self.world.pump()

    # --- What always holds ---------------------------------------------------------------------

    @invariant()
    def every_press_is_in_exactly_one_incident(self) -> None:
        owners: dict[tuple[str, str], list[str]] = {}
        for incident in self.incidents():
            for press in incident.press_list:
                if press.panic_id is not None:
                    key = incident.device or "", press.panic_id
                    owners.setdefault(key, []).append(incident.id)
        assert set(owners) == set(self.arrived)
        for key, incidents in owners.items():
            assert incidents == [self.arrived[key]]

    @invariant()
    def a_tracker_has_one_open_incident_of_a_class(self) -> None:
        opened = [(each.device, each.class_) for each in self.incidents() if each.state != "closed"]
        assert len(opened) == len(set(opened))

    @invariant()
    def nothing_active_is_hidden_or_quiet(self) -> None:
        board = {each.id for each in self.world.desk.board()}
        for incident in self.incidents():
            waiting = any(press.stage in WAITING for press in incident.press_list)
            if incident.state == "closed":
                assert not waiting
                continue
            assert incident.unacknowledged == waiting or not incident.press_list
            assert (incident.state == "raised") == incident.unacknowledged
            assert (incident.acknowledged_at is None) == incident.unacknowledged
            assert (incident.id in board) == (incident.class_ != "canary")
            with self.world.database.reading() as connection:
                kind = "escalate" if incident.class_ == "production" else "expire"
                timer = timers.find(connection, incident.id, kind)  # type: ignore[arg-type]
            assert timer is not None or not waiting

    def incidents(self) -> list[IncidentDetail]:
        page = self.world.desk.incidents(None, None, 1000)
        return [self.world.desk.incident(item.id) for item in page.items]

    def settle(self) -> None:
        for channel in self.world.channels.values():
            channel.broken = False
        for _ in range(3):
            self.world.clock.advance(3600)
            self.world.pump()

    def every_press_has_alerted(self) -> None:
        for incident in self.incidents():
            channels = ["log"] if incident.class_ != "production" else ["log", "webhook"]
            for name in channels:
                heard = [
                    message.presses
                    for message in self.world.channels[name].sent
                    if message.incident.incident == incident.id
                    and message.reason in ("raised", "pressed")
                ]
                assert heard, (name, incident)
                assert max(heard) >= len(incident.press_list), (name, incident)


@pytest.mark.timeout(300)
def test_intake_keeps_every_press(tmp_path: Path) -> None:
    path = tmp_path / "incidents.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    IntakeMachine.template = path
    from hypothesis.stateful import run_state_machine_as_test  # noqa: PLC0415 - only here

    run_state_machine_as_test(
        IntakeMachine,
        settings=settings(
            max_examples=6,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
