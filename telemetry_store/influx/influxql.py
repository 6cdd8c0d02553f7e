"""The questions that we ask, in InfluxQL: InfluxDB 2, Cloud and the clustered 3.x understand it."""

_LAST_NS = 2**63 - 2
"""The last instant that InfluxDB knows: 11 April 2262."""


def select(
    measurement: str,
    tag: tuple[str, str],
    limit: int,
    *,
    since_ns: int | None = None,
    until_ns: int | None = None,
    newest_first: bool = False,
) -> str:
    """Return a SELECT of rows with one tag's value and since <= time < until, in order of time."""
    conditions = [f'"{tag[0]}" = {quoted(tag[1])}']
    if since_ns is not None:
        conditions.append(f"time >= {min(since_ns, _LAST_NS)}")
    if until_ns is not None:
        conditions.append(f"time < {min(until_ns, _LAST_NS)}")
    order = "DESC" if newest_first else "ASC"
    return (
        f'SELECT * FROM "{measurement}" WHERE {" AND ".join(conditions)}'  # noqa: S608 - quoted
        f" ORDER BY time {order} LIMIT {limit}"
    )


def tag_values(measurement: str, tag: str, since_ns: int, until_ns: int) -> str:
    """Return a question for the values of a tag since <= time < until, to the day or so."""
    return (
        f'SHOW TAG VALUES FROM "{measurement}" WITH KEY = "{tag}"'
        f" WHERE time >= {min(since_ns, _LAST_NS)} AND time < {min(until_ns, _LAST_NS)}"
    )


def quoted(text: str) -> str:
    r"""Return a string literal: quote, backslash and newline are escaped by a backslash."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
