"""Positions until they are stored: `Stored` with gaps, reboots, a thinned outbox, a slow store."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from contract import codec
from contract.limits import REPORT_MAX_SENDINGS
from contract.messages import Location, Reports, Stored
from contract.topics import HISTORY, LOCATION
from device_agent.backlog import MIN_LIMIT, Backlog, Key
from device_agent.letters import Letters
from device_agent.panic import Panics
from device_agent.sending import Outgoing, Sender
from device_agent.status import StatusBoard
from tests.unit.device_agent.fakes import location, make_pace, moment

LONGEST_WAIT_S = 4000.0
"""Beyond the longest pause between two sendings of one report."""


class Positions(RuleBasedStateMachine):
    """One tracker, a broker that may lose everything, and a store that names what it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.boot, self.seq, self.packet, self.connection = 0.0, 0, 0, 0, 0
        self.made: set[Key] = set()
        self.dropped: set[Key] = set()
        self.in_store: set[Key] = set()
        self.poison: set[Key] = set()
        self.sendings: dict[Key, int] = {}
        self.begin([])
        self.reconnect()

    def begin(self, kept: list[tuple[str, int, bytes]]) -> None:
        panics = Panics(lambda: 0.0, make_pace())
        self.backlog = Backlog(MIN_LIMIT * 2)
        self.drop(self.backlog.restore(kept))
        self.sender = Sender(panics, self.backlog, StatusBoard(self.name, "1"), Letters())

    @property
    def name(self) -> str:
        return f"{self.boot:08x}"

    def drop(self, keys: list[Key]) -> None:
        assert not self.dropped & set(keys), "dropped twice"
        self.dropped |= set(keys)

    # --- What happens -----------------------------------------------------------------------------

    @rule(count=st.integers(1, 12), poison=st.booleans())
    def make(self, count: int, *, poison: bool) -> None:
        for _ in range(count):
            key = (self.name, self.seq)
            self.made.add(key)
            if poison and self.seq % 5 == 0:
                self.poison.add(key)  # the store will never name it
            self.drop(self.backlog.add(*key, codec.encode(location(self.seq, boot=self.name))))
            self.seq += 1

    @rule(arrives=st.booleans(), answered=st.booleans())
    def send(self, *, arrives: bool, answered: bool) -> None:
        self.drop(self.backlog.wake(self.now))
        while (out := self.sender.next(moment(self.now))) is not None:
            self.packet += 1
            self.sender.sent(out, self.packet, self.now)
            for report in out.reports:
                self.sendings[report.key] = self.sendings.get(report.key, 0) + 1
            if arrives:
                self.arrive(out)
            if answered:
                self.sender.puback(self.packet, self.connection, None, self.now)

    @rule(every=st.integers(1, 3))
    def name_some(self, every: int) -> None:
        """`Stored` with gaps."""
        self.name_stored([key for key in sorted(self.in_store) if key[1] % every == 0])

    @rule(seconds=st.sampled_from([0.1, 1.0, 125.0, 500.0, LONGEST_WAIT_S]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def reconnect(self) -> None:
        self.connection += 1
        self.sender.up(self.connection, self.now)

    @rule()
    def reboot(self) -> None:
        kept = [(each.boot, each.seq, each.body) for each in self.backlog.all()]
        self.boot, self.seq = self.boot + 1, 0
        self.sendings.clear()
        self.begin(kept)
        self.reconnect()

    # --- What must hold ---------------------------------------------------------------------------

    @invariant()
    def each_is_kept_or_stored_or_counted(self) -> None:
        kept = {report.key for report in self.backlog.all()}
        assert kept | self.in_store | self.dropped >= self.made

    def teardown(self) -> None:
        """When all works again everything is named soon, and nothing is sent without end."""
        self.sendings.clear()
        self.reconnect()  # a living connection answers; what it did not answer ends with it
        for _ in range(200):
            self.send(arrives=True, answered=True)
            self.name_stored(sorted(self.in_store))
            if not len(self.backlog):
                break
            self.pass_time(LONGEST_WAIT_S)
            self.make(1, poison=False)
        else:
            raise AssertionError(f"{len(self.backlog)} reports are sent without end")
        healthy = self.made - self.poison - self.dropped
        assert healthy <= self.in_store
        assert max(self.sendings.values(), default=0) <= REPORT_MAX_SENDINGS

    def arrive(self, out: Outgoing) -> None:
        if out.topic is LOCATION:
            arrived = [codec.decode(Location, out.payload)]
        elif out.topic is HISTORY:
            arrived = codec.decode(list[Location], out.payload)
        else:
            return
        self.in_store |= {(each.boot, each.seq) for each in arrived} - self.poison

    def name_stored(self, keys: list[Key]) -> None:
        reports = [Reports(boot=boot, seqs=[(seq, seq)]) for boot, seq in keys]
        self.sender.stored(Stored(reports=reports))


TestPositions = Positions.TestCase
TestPositions.settings = settings(max_examples=40, stateful_step_count=25)
