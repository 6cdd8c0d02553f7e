"""Hypothesis plays operators, holders and time against the incident table: nothing active hides."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contract.messages import Disposition
from dispatcher.answers import CallOpening, IncidentDetail
from dispatcher.errors import RefusedError
from dispatcher.holder_codes import CodeChecks, HolderCodesBook
from dispatcher.incident.stages import WAITING
from dispatcher.incident.states import MAY, OperatorEvent, Person
from dispatcher.store import timers
from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from tests.unit.dispatcher.world import World, new_id

MEMORY = Path("/dev/shm")
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PICK = st.randoms(use_true_random=False)
DEVICES = st.sampled_from(["tracker-a", "tracker-b"])
CODES = {"4711": "verified", "9911": "duress", "0000": "wrong"}


class IncidentMachine(RuleBasedStateMachine):
    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        shutil.copy(self.template, self.folder / "incidents.db")
        self.world = World(f"sqlite:///{self.folder / 'incidents.db'}")
        self.book = HolderCodesBook(self.world.database, self.world.clock, hasher=CHEAP)
        self.checks = CodeChecks(self.world.desk, self.book, self.world.clock)
        self.presses: dict[str, tuple[str, list[dict[str, Any]]]] = {}
        self.ids: set[str] = set()

    def teardown(self) -> None:
        self.world.close()
        shutil.rmtree(self.folder)

    @rule(device=DEVICES, kind=st.sampled_from(["button", "button", "test"]))
    def press(self, device: str, kind: str) -> None:
        panic_id = new_id()
        self.presses[panic_id] = device, []
        self.ids.add(self.world.press(device, panic_id, kind=kind).incident or "")

    @rule(device=st.none() | DEVICES)
    def call(self, device: str | None) -> None:
        call = CallOpening(device=device, phone="110")
        self.ids.add(self.world.desk.open_from_call(call, "ann").id)

    @precondition(lambda self: self.presses)
    @rule(pick=PICK, code=st.sampled_from(sorted(CODES)))
    def type_code(self, pick: Any, code: str) -> None:
        panic_id = pick.choice(sorted(self.presses))
        device, cancels = self.presses[panic_id]
        cancels.append({"code": code, "at": self.world.clock.now_ms() + len(cancels)})
        before = self.world.press(device, panic_id, len(cancels), cancel=cancels, kind="button")
        self.ids.add(before.incident or "")
        while self.checks.turn():
            pass
        answer = self.world.press(device, panic_id, len(cancels), cancel=cancels, kind="button")
        told = [(each.stage, each.version, each.incident) for each in (before, answer)]
        assert told[0] == told[1], "the comparison of a code changed a receipt"
        if code == "9911":
            lit = [each for each in self.incidents() if each.unacknowledged and each.priority == 1]
            assert lit, "a duress code calls nobody"

    @precondition(lambda self: self.ids)
    @rule(
        pick=PICK,
        event=st.sampled_from(get_args(OperatorEvent)),
        role=st.sampled_from(get_args(Person)),
        actor=st.sampled_from(["ann", "ben"]),
        disposition=st.sampled_from(get_args(Disposition)),
    )
    def act(
        self, pick: Any, event: OperatorEvent, *, role: Person, actor: str, disposition: Disposition
    ) -> None:
        incident = pick.choice(sorted(self.ids))
        target = pick.choice(sorted(self.ids)) if event in ("link", "merge") else actor
        before = self.world.desk.incident(incident)
        try:
            self.world.desk.act(
                incident, event, actor, role=role, note=pick.choice([None, "words"]),
                disposition=disposition, target=target, instead_of=before.acknowledged_by,
            )  # fmt: skip
        except RefusedError:
            assert self.world.desk.incident(incident) == before
        else:
            assert role in MAY[event]

    @precondition(lambda self: self.ids)
    @rule(pick=PICK)
    def merge(self, pick: Any) -> None:
        """What a call is about, or the other way round; by chance alone `act` merges too rarely."""
        call = self.world.desk.open_from_call(CallOpening(phone="110"), "ann").id
        pair = [call, pick.choice(sorted(self.ids))]
        self.ids.add(call)
        pick.shuffle(pair)
        with suppress(RefusedError):
            self.world.desk.act(pair[0], "merge", "ann", target=pair[1])

    @rule(seconds=st.sampled_from([1, 15, 60, 301]))
    def wait(self, seconds: int) -> None:
        self.world.after(seconds)

    @invariant()
    def nothing_active_is_hidden_or_quiet(self) -> None:
        board = {each.id for each in self.world.desk.board()}
        for incident in self.incidents():
            assert (incident.id in board) == incident.on_board
            waiting = [press for press in incident.press_list if press.stage in WAITING]
            if incident.state == "closed":
                assert not waiting
                continue
            assert incident.on_board
            assert incident.unacknowledged or not waiting
            assert (incident.state == "raised") == incident.unacknowledged
            if incident.unacknowledged:
                assert self.has_timer(incident), incident
            assert incident.transfer_to is None or self.has_timer(incident, "transfer")

    @invariant()
    def every_press_is_in_one_incident_and_every_id_leads_there(self) -> None:
        found = [p.panic_id for each in self.incidents() for p in each.press_list if p.panic_id]
        assert sorted(found) == sorted(self.presses)
        for incident in self.incidents():
            if incident.merged_into is not None:
                survivor = self.world.desk.incident(incident.merged_into)
                assert survivor.merged_into is None
                assert incident.id in survivor.merged
                assert incident.press_list == []
                assert incident.state == "closed"

    def has_timer(self, incident: IncidentDetail, kind: str = "") -> bool:
        kind = kind or ("escalate" if incident.class_ == "production" else "expire")
        with self.world.database.reading() as connection:
            return timers.find(connection, incident.id, kind) is not None  # type: ignore[arg-type]

    def incidents(self) -> list[IncidentDetail]:
        return [self.world.desk.incident(each) for each in sorted(self.ids)]


@pytest.mark.timeout(300)
def test_no_sequence_of_permitted_calls_hides_an_active_incident(tmp_path: Path) -> None:
    path = tmp_path / "incidents.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    world = World(f"sqlite:///{path}")
    book = HolderCodesBook(database, world.clock, hasher=CHEAP)
    for device in ("tracker-a", "tracker-b"):
        book.put(device, "4711", "9911")
    world.close()
    database.close()
    IncidentMachine.template = path
    from hypothesis.stateful import run_state_machine_as_test  # noqa: PLC0415 - only here

    run_state_machine_as_test(
        IncidentMachine,
        settings=settings(
            max_examples=8,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
