"""`guardian ingest run` that never tells a tracker anything, to see what telling costs."""

import sys
from typing import Any

from ingest import worker


class Silent:
    """Takes the place of StoredReports."""

    def __init__(self, *_: object, **__: object) -> None:
        """Take what StoredReports takes."""

    def note(self, *_: object, **__: object) -> None:
        """Forget it."""

    def note_all(self, *_: object, **__: object) -> None:
        """Forget it."""

    def take(self, _now: float) -> None:
        """Have nothing to say."""

    def due_in(self, _now: float) -> None:
        """Never have anything to say."""


if __name__ == "__main__":
    hidden: Any = worker
    hidden.StoredReports = Silent
    from guardian.__main__ import start

    sys.argv = ["guardian", "ingest", "run"]
    start()
