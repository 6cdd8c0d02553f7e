"""Making a store ready: `guardian store init`."""

from pathlib import Path

from telemetry_store.settings import StoreSettings
from telemetry_store.step import Step


def set_up(settings: StoreSettings, tokens: Path, *, dry_run: bool = False) -> list[Step]:
    """Make what is missing and keep what is there; again and again with the same result.

    A dry run returns the same steps and does none of them.

    Raises:
        DeniedError: an administrator's token or a permission is missing.
        UnavailableError: the store cannot be reached.
    """
    if settings.sqlite_path is None:
        from telemetry_store.influx.setup import set_up_influx  # noqa: PLC0415 - only what is used

        return set_up_influx(settings.influx, settings.retention, tokens, dry_run=dry_run)
    from telemetry_store.sqlite import SqliteStore  # noqa: PLC0415 - only what is used

    paths = [settings.sqlite_path]
    if settings.thinned_retention_days and settings.thinned.sqlite_path is not None:
        paths.append(settings.thinned.sqlite_path)
    steps = []
    for path in paths:
        steps.append(Step(f"file {path}", "kept" if path.exists() else "made"))
        if not dry_run:
            SqliteStore(path, settings.retention).close()
    return steps
