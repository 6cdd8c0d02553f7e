"""Where the `guardian` command begins; `python -m guardian` works where it is not in PATH."""

import sys

from guardian import EXIT_INTERRUPTED


def start() -> None:
    """Run the command; Ctrl-C while it is still being loaded ends it without a word."""
    try:
        from guardian.cli import main  # noqa: PLC0415 - this is what takes the time

        main(prog_name="guardian")
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    start()
