"""What the working loop hands to the disk: reports, presses, and how many reports were dropped."""

from collections.abc import Iterable

from contract import codec
from contract.messages import Location
from device_agent.backlog import Backlog, Key
from device_agent.correspondence import Correspondence
from device_agent.interfaces import DiskPort
from device_agent.outbox import Changes, Kept
from device_agent.panic import Panics
from device_agent.press import Press
from device_agent.status import StatusBoard
from device_agent.track import Track
from runtime import logs

_log = logs.get(__name__)


class Keeping:
    """Memory and disk, kept the same."""

    def __init__(
        self,
        disk: DiskPort,
        *,
        panics: Panics,
        backlog: Backlog,
        track: Track,
        status: StatusBoard,
        correspondence: Correspondence,
    ) -> None:
        self._disk = disk
        self._panics = panics
        self._backlog = backlog
        self._track = track
        self._status = status
        self._correspondence = correspondence
        self.disk_ok = True

    def restore(self, kept: Kept, now: float) -> None:
        """Take over what an earlier run left in the outbox."""
        self._panics.restore(kept.presses, now)
        self._track.place = kept.place
        self._status.dropped = kept.dropped
        self._correspondence.restore(kept, now)
        self.dropped(self._backlog.restore(kept.reports), "thinned")
        _log.info("restored", presses=len(kept.presses), reports=len(kept.reports))

    def report(self, report: Location) -> None:
        """Keep a new report until it is stored; an old one may have to make room."""
        body = codec.encode(report)
        thinned = self._backlog.add(report.boot, report.seq, body)
        self._disk.save(Changes(reports={(report.boot, report.seq): body}, place=report))
        self.dropped(thinned, "thinned")

    def dropped(self, keys: list[Key], reason: str) -> None:
        """Count reports that nobody will ever see."""
        if keys:
            self._status.dropped += len(keys)
            _log.warning("reports_dropped", count=len(keys), reason=reason)
            self._disk.save(Changes(dropped=self._status.dropped))
            self.forget(keys)

    def forget(self, keys: Iterable[Key]) -> None:
        """Delete reports from the disk."""
        self._disk.save(Changes(reports=dict.fromkeys(keys)))

    def press(self, press: Press, *, scrub: bool = False) -> None:
        """Write a press: at once when its sending waits for it."""
        change = Changes(presses={press.row.panic_id: press.row}, scrub=scrub)
        if press.sent_update < press.row.update:
            self._disk.save_press(change)
        else:
            self._disk.save(change)

    def forget_presses(self, panic_ids: Iterable[str]) -> None:
        """Delete presses from the disk."""
        self._disk.save(Changes(presses=dict.fromkeys(panic_ids)))

    def everything(self) -> None:
        """Hand over all that is known: the outbox was begun anew."""
        presses = {press.row.panic_id: press.row for press in self._panics.all()}
        self._disk.save_press(Changes(presses=dict(presses)))
        reports = {report.key: report.body for report in self._backlog.all()}
        rest = self._correspondence.everything()
        rest.add(
            Changes(reports=dict(reports), dropped=self._status.dropped, place=self._track.place)
        )
        self._disk.save(rest)

    def trust(self, *, trusted: bool) -> None:
        """Take whether the disk does its work; without it nothing waits for it."""
        if trusted != self.disk_ok:
            self.disk_ok = trusted
            _log.warning("disk_trusted" if trusted else "disk_distrusted")
        self._panics.trust_disk(trusted)
