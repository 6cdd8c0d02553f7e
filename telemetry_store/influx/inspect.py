"""What a server is and what a token may do there, found out without changing anything.

A right to write is tried with a comment in line protocol, which is no point; a right to read with a
question about the time before 1970, which no position has.
"""

from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from telemetry_store.errors import DeniedError, UnavailableError
from telemetry_store.influx.library import AdministratorClient, faults
from telemetry_store.influx.setup import Right
from telemetry_store.settings import InfluxAddress

_COMMENT = b"# guardian doctor: no point\n"
_NO_POSITION = 'SELECT * FROM "location" WHERE time < 0 LIMIT 1'
_DAY_S = 86_400
_FORBIDDEN, _NOT_FOUND = 403, 404
_PAGE = 100
"""The largest page that InfluxDB gives."""


class TokenRefusedError(DeniedError):
    """InfluxDB does not know the token."""


@dataclass(frozen=True, slots=True)
class Server:
    """What a server says of itself; its time in ms since 1970, None where it does not say."""

    version: str
    now_ms: int | None


@dataclass(frozen=True, slots=True)
class Rights:
    """What a token may do."""

    may: frozenset[Right]
    missing: tuple[str, ...]
    """Buckets of ours that are not there."""
    retention_days: dict[str, int | None]
    """Of each bucket that it may see, ours or not; None: for ever."""
    sees_tokens: bool
    """Whether it may list other tokens, as an administrator's may."""


def server(address: InfluxAddress) -> Server:
    """Return what the server says to anybody.

    Raises:
        UnavailableError: it cannot be reached, or is no InfluxDB.
    """
    with closing(AdministratorClient(address.url, "", address.org)) as client, faults():
        answer = client.api.api_client.call_api("/ping", "GET", _return_http_data_only=False)
        headers = answer[2]
    version = headers.get("X-Influxdb-Version")
    if not version:
        raise UnavailableError("something answers there, but it is no InfluxDB")
    return Server(str(version).lstrip("v"), _date_ms(headers.get("Date")))


def rights(address: InfluxAddress) -> Rights:
    """Return what the address's token may do with our two buckets, and beyond.

    Raises:
        TokenRefusedError: the server does not know it.
        UnavailableError: the server cannot be reached.
    """
    ours: tuple[Any, ...] = (
        ("telemetry", address.telemetry_bucket), ("released", address.released_bucket)
    )  # fmt: skip
    with closing(AdministratorClient(address.url, address.token, address.org)) as client:
        tried = {kind: _may_write(client, address.org, bucket) for kind, bucket in ours}
        may: set[Right] = {("write", kind) for kind, _ in ours if tried[kind]}
        may |= {("read", kind) for kind, bucket in ours if _may_read(client, bucket)}
        retention = _seen(client, address)
        with faults():
            tokens = client.api.authorizations_api().find_authorizations()
    missing = tuple(bucket for kind, bucket in ours if tried[kind] is None)
    return Rights(frozenset(may), missing, retention, bool(tokens))


def _may_write(client: AdministratorClient, org: str, bucket: str) -> bool | None:
    """Say whether the token may write a bucket; None when there is none of this name."""
    writing = client.api.write_api(write_options=SYNCHRONOUS)
    try:
        with faults():
            try:
                writing.write(bucket, org, _COMMENT)
            except ApiException as error:
                if error.status in (_FORBIDDEN, _NOT_FOUND):
                    return False if error.status == _FORBIDDEN else None
                raise
    except DeniedError as error:
        raise TokenRefusedError("InfluxDB does not know this token") from error
    return True


def _may_read(client: AdministratorClient, bucket: str) -> bool:
    try:
        client.query(bucket, _NO_POSITION)
    except DeniedError:
        return False
    return True


def _seen(client: AdministratorClient, address: InfluxAddress) -> dict[str, int | None]:
    """Return the retention of ours, by name, and of the first others that it may see.

    InfluxDB counts a page before it takes out what the token may not see, so ours may be on none.
    """
    buckets = client.api.buckets_api()
    with faults():
        found = list(buckets.find_buckets(limit=_PAGE).buckets or ())
        for name in (address.telemetry_bucket, address.released_bucket):
            found += _named(buckets, name, address.org)
    return {each.name: _days(each) for each in found}


def _named(buckets: Any, name: str, org: str) -> list[Any]:
    try:
        return list(buckets.find_buckets(name=name, org=org).buckets or ())
    except ApiException as error:
        if error.status == _NOT_FOUND:
            return []
        raise


def _days(bucket: Any) -> int | None:
    seconds = sum(rule.every_seconds or 0 for rule in bucket.retention_rules)
    return seconds // _DAY_S if seconds else None


def _date_ms(date: str | None) -> int | None:
    """Read the time of an HTTP answer, which has whole seconds."""
    try:
        return round(parsedate_to_datetime(date or "").timestamp() * 1000)
    except ValueError:
        return None
