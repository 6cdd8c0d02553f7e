import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker_config.enrolment import Enrolment
from broker_config.watch.expiry import Trackers
from broker_config.watch.sources import Places, Sources

NOW = datetime(2026, 5, 1, tzinfo=UTC)
OF_THE_PKI = {
    "authority:trackers", "authority:services", "https", "crl:trackers", "crl:services",
    "service:svc.dispatcher.1", "service:svc.ingest.1", "service:svc.tool.1",
}  # fmt: skip


class World:
    def __init__(self, places: Places) -> None:
        self.failures: list[str] = []
        self.beats = 0
        self.sources = Sources(places, on_failure=self.failures.append, beat=self._beat)

    def names(self, now: datetime = NOW) -> set[str]:
        return set(self.sources.read(now)[0].at)

    def _beat(self) -> None:
        self.beats += 1


@pytest.fixture
def pki(tmp_path: Path) -> Path:
    enrolment = Enrolment(tmp_path / "pki")
    enrolment.init(["localhost"], NOW)
    enrolment.add("tracker-1", NOW, out=tmp_path / "tracker-1")
    return tmp_path / "pki"


def tool(pki: Path) -> Path:
    return pki / "services" / "svc.tool.1"


def test_everything_is_found(pki: Path) -> None:
    der = (pki / "https" / "dispatcher.crt").read_bytes  # PEM is no DER
    world = World(
        Places(
            cert_file=tool(pki) / "service.crt",
            ca_file=tool(pki) / "ca.crt",
            pki=pki,
            servers={"a:1": der},
        )
    )
    found, complete = world.sources.read(NOW)
    assert set(found.at) == {"own", "authority", *OF_THE_PKI}
    assert found.trackers == Trackers(expiring=0, expired=0)
    assert (complete, world.failures) == (False, ["broker"])
    assert world.beats >= 7  # before each that may take its time


def test_trackers_are_counted_as_time_goes_on(pki: Path) -> None:
    sources = World(Places(pki=pki)).sources
    for days, expected in ((600, (0, 0)), (700, (1, 0)), (731, (0, 1))):
        found, complete = sources.read(NOW + timedelta(days=days))
        assert complete
        assert found.trackers == Trackers(*expected)


def test_no_label_holds_a_device(pki: Path) -> None:
    assert not [name for name in World(Places(pki=pki)).names() if "tracker-1" in name]


def test_no_key_is_opened(pki: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = Path.read_bytes

    def noting(path: Path) -> bytes:
        opened.append(path.name)
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", noting)
    World(Places(cert_file=tool(pki) / "service.crt", pki=pki)).names()
    assert opened
    assert not [name for name in opened if name.endswith(".key")]


def test_nothing_is_written(pki: Path) -> None:
    def state() -> dict[str, tuple[int, bytes]]:
        files = [path for path in pki.rglob("*") if path.is_file()]
        return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}

    before = state()
    World(Places(pki=pki)).names(NOW + timedelta(days=4000))
    assert state() == before


@pytest.mark.parametrize(
    ("file", "lost"),
    [
        ("trackers-ca.crt", {"authority:trackers"}),
        ("broker/services.crl", {"crl:services"}),
        ("enrolment.json", {name for name in OF_THE_PKI if name[:3] in ("crl", "ser")}),
    ],
)
@pytest.mark.parametrize("content", [None, b"", b"\xff\x00nonsense"])
def test_what_cannot_be_read_costs_only_itself(
    pki: Path, file: str, lost: set[str], content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    (pki / file).unlink()
    if content is not None:
        (pki / file).write_bytes(content)
    world = World(Places(pki=pki))
    assert world.names() == OF_THE_PKI - lost
    assert world.failures == ["pki"]
    world.names()
    assert caplog.messages.count("certificate_unreadable") == 1  # once, and not every hour


def test_a_failure_that_comes_again_is_logged_again(
    tmp_path: Path, pki: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copy = tmp_path / "own.crt"
    world = World(Places(cert_file=copy))
    assert world.names() == set()
    os.link(tool(pki) / "service.crt", copy)
    assert world.names() == {"own"}
    copy.unlink()
    assert world.names() == set()
    assert caplog.messages.count("certificate_unreadable") == 2
