from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from broker_config import registry
from broker_config.errors import NotInitializedError
from broker_config.mosquitto import MosquittoSettings
from broker_config.registry import OVERLAP, Certificate, Registry

START = datetime(2026, 1, 1, tzinfo=UTC)
BROKER = MosquittoSettings(folder="/pki/broker", user="me")
NAMES = ("a", "b")


def empty() -> Registry:
    return Registry(hosts=("broker",), broker=BROKER, share_name="x")


def certificate(name: str, serial: int, at: datetime) -> Certificate:
    return Certificate(
        name=name,
        kind="tracker",
        serial=f"{serial:x}",
        issued_at=at,
        expires_at=at + timedelta(days=730),
    )


class Life(RuleBasedStateMachine):
    """Names are enrolled, renewed and revoked while time passes, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.known = empty()
        self.now = START
        self.serial = 0
        self.newest: dict[str, int] = {}
        self.due: dict[int, datetime] = {}
        self.ended: set[int] = set()

    @rule(name=st.sampled_from(NAMES))
    def certify(self, name: str) -> None:
        """Enrol or renew; a revoked name is admitted again."""
        self.serial += 1
        if name in self.newest:
            self.due.setdefault(self.newest[name], self.now + OVERLAP)
        self.newest[name] = self.serial
        made = certificate(name, self.serial, self.now)
        self.known = self.known.with_access(name).with_certificate(made).swept(self.now)

    @precondition(lambda self: self.newest)
    @rule(name=st.sampled_from(NAMES))
    def revoke(self, name: str) -> None:
        """End a name's access: every certificate of it."""
        if name in self.newest:
            self.ended |= {int(each.serial, 16) for each in self.known.of(name)}
            self.known = self.known.without_access(name, self.now).swept(self.now)

    @rule(days=st.integers(0, 40))
    def wait(self, days: int) -> None:
        """Let time pass; the next command sweeps."""
        self.now += timedelta(days=days)
        self.known = self.known.swept(self.now)

    @invariant()
    def the_list_names_what_must_be_on_it_and_nothing_else(self) -> None:
        """What was revoked stays so; a predecessor is on it once its days are over."""
        outlived = {serial for serial, at in self.due.items() if at <= self.now}
        listed = {each.serial for each in self.known.revoked("tracker")}
        assert listed == self.ended | outlived

    @invariant()
    def a_name_in_good_standing_has_a_good_certificate(self) -> None:
        """Nobody is locked out by sweeping."""
        listed = {each.serial for each in self.known.revoked("tracker")}
        for name, serial in self.newest.items():
            assert (serial in listed) == (name in self.known.denied)

    @invariant()
    def the_state_says_what_is(self) -> None:
        """`renewed` means that more than one certificate is good."""
        for name in self.newest:
            good = [each for each in self.known.of(name) if each.revoked_at is None]
            state = self.known.state(name, self.now)
            if name in self.known.denied:
                assert state == "revoked"
            elif good[-1].expires_at <= self.now:
                assert state == "expired"
            else:
                alive = [each for each in good if each.expires_at > self.now]
                assert state == ("renewed" if len(alive) > 1 else "active")


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_the_predecessor_goes_after_exactly_thirty_days() -> None:
    """Neither a second earlier nor later."""
    known = empty().with_certificate(certificate("a", 1, START))
    renewed = known.with_certificate(certificate("a", 2, START + timedelta(days=5)))
    end = START + timedelta(days=35)
    assert renewed.swept(end - timedelta(seconds=1)).revoked("tracker") == []
    [revoked] = renewed.swept(end).revoked("tracker")
    assert (revoked.serial, revoked.at) == (1, end)


def test_the_time_of_a_denial_is_that_of_the_first() -> None:
    """Revoking twice does not make a running broker look newer than the denial."""
    known = empty().with_certificate(certificate("a", 1, START))
    later = START + timedelta(days=1)
    assert known.without_access("a", START).without_access("a", later).denied == {"a": START}


def test_kinds_are_kept_apart() -> None:
    """A tracker's number never stands on the services' list."""
    known = empty().with_certificate(certificate("a", 1, START)).without_access("a", START)
    swept = known.swept(START)
    assert (swept.names("tracker"), swept.names("service")) == (["a"], [])
    assert (swept.denied_names("tracker"), swept.denied_names("service")) == (["a"], [])
    assert len(swept.revoked("tracker")) == 1
    assert swept.revoked("service") == []


def test_what_is_saved_is_what_is_read(tmp_path: Path) -> None:
    """Everything survives the file, for its owner alone."""
    path = tmp_path / "enrolment.json"
    known = (
        empty()
        .with_certificate(certificate("a", 2**158, START))
        .without_access("a", START)
        .swept(START)
    )
    registry.save(known, path)
    assert registry.load(path) == known
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b'{"version": 2}'])
def test_a_file_that_is_no_registry_is_refused(text: bytes, tmp_path: Path) -> None:
    """Also one of a version that this program does not know."""
    path = tmp_path / "enrolment.json"
    path.write_bytes(text)
    with pytest.raises(NotInitializedError, match="cannot be read"):
        registry.load(path)
