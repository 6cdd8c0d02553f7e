"""`guardian store init` against a real InfluxDB, and what each token may do afterwards."""

import stat
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from influxdb_client import Authorization, InfluxDBClient, Permission, PermissionResource
from influxdb_client.rest import ApiException

from contract.messages import Status
from guardian.commands.store import store as store_command
from guardian.demo.probes import free_ports
from runtime import logs
from runtime.clock import SystemClock
from telemetry_store.errors import DeniedError
from telemetry_store.influx.client import InfluxClient
from telemetry_store.influx.setup import ROLES, set_up_influx
from telemetry_store.influx.store import InfluxStore
from telemetry_store.rows import LocationRow, ReleasedPosition, StatusRow
from telemetry_store.settings import InfluxAddress, Retention
from telemetry_store.thinning import thin
from tests.services import influxdb as influxdb_service
from tests.services.influxdb import InfluxDB
from tests.unit.telemetry_store.store_suite import BOOT, place

pytestmark = pytest.mark.integration

KEEP = Retention(telemetry_days=30, released_days=365)
NOW = SystemClock().now_ms()


@pytest.fixture
def address(influxdb: InfluxDB) -> InfluxAddress:
    """The administrator, and buckets that no other test uses."""
    mark = uuid.uuid4().hex[:8]
    return InfluxAddress(
        url=influxdb.url,
        org=influxdb.org,
        token=influxdb.token,
        telemetry_bucket=f"telemetry-{mark}",
        released_bucket=f"released-{mark}",
    )


@pytest.fixture
def bare_influxdb(tmp_path: Path) -> Iterator[str]:
    """A server that nobody has set up; its URL."""
    (port,) = free_ports(1)
    (tmp_path / "influxdb").mkdir()
    server = influxdb_service._server(tmp_path / "influxdb", port)
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


@pytest.fixture
def admin(address: InfluxAddress) -> Iterator[InfluxStore]:
    opened = InfluxStore(address)
    yield opened
    opened.close()


_opened: list[InfluxStore] = []


@pytest.fixture(autouse=True)
def _close_what_is_opened() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def opened_as(role: str, address: InfluxAddress, tokens: Path) -> InfluxStore:
    token = (tokens / role).read_text().strip()
    _opened.append(InfluxStore(replace(address, token=token)))
    return _opened[-1]


def test_everything_is_made_and_then_kept(address: InfluxAddress, tokens: Path) -> None:
    """The second run changes nothing, and says so."""
    address = replace(address, org=f"org-{uuid.uuid4().hex[:8]}")
    first = set_up_influx(address, KEEP, tokens)
    contents = {file.name: file.read_text() for file in tokens.iterdir()}
    second = set_up_influx(address, KEEP, tokens)
    assert {step.outcome for step in first} == {"made"}
    assert {step.outcome for step in second} == {"kept"}
    assert {file.name: file.read_text() for file in tokens.iterdir()} == contents
    assert set(contents) == set(ROLES)


def test_tokens_are_their_owners_alone(address: InfluxAddress, tokens: Path) -> None:
    """Files 0400 in a folder 0700."""
    set_up_influx(address, KEEP, tokens)
    assert stat.S_IMODE(tokens.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in tokens.iterdir()} == {0o400}


def test_grafana_reads_what_was_released_and_nothing_else(
    address: InfluxAddress, tokens: Path, admin: InfluxStore
) -> None:
    """Positions in the telemetry bucket are sealed: no way of asking gets one out."""
    set_up_influx(address, KEEP, tokens)
    sealed = LocationRow("tracker-1", place(1, NOW))
    shown = ReleasedPosition("incident-1", "tracker-1", place(1, NOW))
    admin.write([sealed])
    admin.release([shown])
    assert admin.track("tracker-1", NOW, NOW + 1, 9) == [sealed]

    grafana = opened_as("grafana", address, tokens)
    assert grafana.released_positions("incident-1", 9) == [shown]
    with pytest.raises(DeniedError):
        grafana.track("tracker-1", NOW, NOW + 1, 9)
    grafana.close()
    _assert_flux_finds_nothing(address, tokens)
    _assert_no_bucket_is_reached_from_another(address, tokens)


def _assert_flux_finds_nothing(address: InfluxAddress, tokens: Path) -> None:
    token = (tokens / "grafana").read_text().strip()
    with InfluxDBClient(address.url, token=token, org=address.org) as client:
        seen = [each.name for each in client.buckets_api().find_buckets(limit=100).buckets]
        assert seen == [address.released_bucket]
        with pytest.raises(ApiException, match="could not find bucket"):
            client.query_api().query(
                f'from(bucket: "{address.telemetry_bucket}") |> range(start: -1h)'
            )


def _assert_no_bucket_is_reached_from_another(address: InfluxAddress, tokens: Path) -> None:
    token = (tokens / "grafana").read_text().strip()
    client = InfluxClient(address.url, token, address.org)
    bucket = address.telemetry_bucket
    for source in (f'"{bucket}"."autogen"."location"', f'"{bucket}"../.*/', "location"):
        try:
            found = client.query(address.released_bucket, f"SELECT * FROM {source}")
        except DeniedError:
            found = []
        assert found == []
    client.close()


def test_grafana_writes_and_deletes_nothing(
    address: InfluxAddress, tokens: Path, admin: InfluxStore
) -> None:
    """A dashboard cannot make a position, nor make one vanish."""
    set_up_influx(address, KEEP, tokens)
    shown = ReleasedPosition("incident-1", "tracker-1", place(1, NOW))
    admin.release([shown])
    grafana = opened_as("grafana", address, tokens)
    with pytest.raises(DeniedError):
        grafana.write([LocationRow("tracker-1", place(2, NOW))])
    with pytest.raises(DeniedError):
        grafana.release([shown])
    with pytest.raises(DeniedError):
        grafana.seal("incident-1")
    assert admin.released_positions("incident-1", 9) == [shown]
    grafana.close()


def test_ingest_writes_both_and_reads_neither(
    address: InfluxAddress, tokens: Path, admin: InfluxStore
) -> None:
    """Who takes ingest over gets no track."""
    set_up_influx(address, KEEP, tokens)
    ingest = opened_as("ingest", address, tokens)
    status = StatusRow("t", Status(at=NOW, state="online", boot=BOOT, connect=0), NOW)
    ingest.write([LocationRow("t", place(1, NOW)), status])
    assert admin.last_position("t", NOW) is not None
    assert admin.last_status("t") == status
    with pytest.raises(DeniedError):
        ingest.last_position("t", NOW)
    with pytest.raises(DeniedError):
        ingest.last_status("t")
    ingest.close()


def test_the_dispatcher_reads_positions_but_writes_none(
    address: InfluxAddress, tokens: Path, admin: InfluxStore
) -> None:
    """It releases and seals."""
    set_up_influx(address, KEEP, tokens)
    admin.write([LocationRow("t", place(1, NOW))])
    dispatcher = opened_as("dispatcher", address, tokens)
    assert dispatcher.last_position("t", NOW) is not None
    dispatcher.release([ReleasedPosition("i", "t", place(1, NOW))])
    dispatcher.seal("i")
    assert dispatcher.released_positions("i", 9) == []
    with pytest.raises(DeniedError):
        dispatcher.write([LocationRow("t", place(2, NOW))])
    dispatcher.close()


def test_a_lost_file_is_written_again_and_a_foreign_one_replaced(
    address: InfluxAddress, tokens: Path
) -> None:
    """A running process with the old token goes on."""
    set_up_influx(address, KEEP, tokens)
    old = (tokens / "ingest").read_text()
    (tokens / "ingest").unlink()
    (tokens / "grafana").unlink()
    (tokens / "grafana").write_text("something else\n")
    steps = {step.what: step.outcome for step in set_up_influx(address, KEEP, tokens)}
    assert (tokens / "ingest").read_text() == old
    assert steps[f"token {tokens / 'ingest'}"] == "made"
    assert steps[f"token {tokens / 'grafana'}"] == "changed"
    opened_as("grafana", address, tokens).incident("i")


def test_a_token_that_was_given_more_rights_is_revoked(
    address: InfluxAddress, tokens: Path
) -> None:
    """Nobody leaves Grafana a way into telemetry behind our back."""
    buckets = f"{address.telemetry_bucket}, {address.released_bucket}"
    set_up_influx(address, KEEP, tokens)
    with InfluxDBClient(address.url, token=address.token, org=address.org) as client:
        org = client.organizations_api().find_organizations(org=address.org)[0].id
        wide = client.authorizations_api().create_authorization(
            authorization=Authorization(
                org_id=org,
                description=f"guardian grafana ({buckets})",
                permissions=[
                    Permission("read", PermissionResource(type="buckets", org_id=org)),
                ],
            )
        )
    set_up_influx(address, KEEP, tokens)
    store = InfluxStore(replace(address, token=wide.token))
    with pytest.raises(DeniedError):
        store.last_position("t", NOW)
    store.close()


def test_retention_follows_the_settings(address: InfluxAddress, tokens: Path) -> None:
    """Shorter and longer, without touching what is in the bucket."""
    set_up_influx(address, KEEP, tokens)
    for days in (3, 400):
        changed = Retention(telemetry_days=days, released_days=365)
        outcomes = [step.outcome for step in set_up_influx(address, changed, tokens)]
        assert outcomes.count("changed") == 1
        with InfluxDBClient(address.url, token=address.token, org=address.org) as client:
            found = (
                client.buckets_api()
                .find_buckets(name=address.telemetry_bucket, org=address.org)
                .buckets
            )
            assert found[0].retention_rules[0].every_seconds == days * 86_400


def test_more_tokens_than_fit_on_a_page_are_seen(address: InfluxAddress, tokens: Path) -> None:
    """Ours are found among many others, so none is made twice."""
    set_up_influx(address, KEEP, tokens)
    with InfluxDBClient(address.url, token=address.token, org=address.org) as client:
        org = client.organizations_api().find_organizations(org=address.org)[0].id
        for number in range(110):
            client.authorizations_api().create_authorization(
                authorization=Authorization(
                    org_id=org,
                    description=f"other {number}",
                    permissions=[
                        Permission("read", PermissionResource(type="buckets", org_id=org))
                    ],
                )
            )
    assert {step.outcome for step in set_up_influx(address, KEEP, tokens)} == {"kept"}


def test_a_used_server_wants_an_administrator(address: InfluxAddress, tokens: Path) -> None:
    """The error says where to put the token."""
    with pytest.raises(DeniedError, match="INFLUXDB_V2_TOKEN_FILE"):
        set_up_influx(replace(address, token=""), KEEP, tokens)
    with pytest.raises(DeniedError):
        set_up_influx(replace(address, token="wrong"), KEEP, tokens)


def test_the_command_sets_a_fresh_server_up(
    bare_influxdb: str, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No administrator yet: it makes one, and a second run opens the server with its token."""
    monkeypatch.setenv("INFLUXDB_V2_URL", bare_influxdb)
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # the log is the test run's own
    arguments = ["init", "--tokens", str(tokens)]
    first, second = (CliRunner().invoke(store_command, arguments) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert "made    administrator" in first.output
    assert {line.split()[0] for line in second.output.splitlines()} == {"kept"}
    assert {file.name for file in tokens.iterdir()} == {*ROLES, "admin", "admin-password"}


def test_a_part_with_a_folder_of_its_own_finds_its_token_in_it(
    address: InfluxAddress, tokens: Path
) -> None:
    """So that a container can be given one folder, and in it its own token alone."""
    (tokens / "ingest").mkdir(parents=True)
    (tokens / "grafana").mkdir()
    set_up_influx(address, KEEP, tokens)
    files = {str(each.relative_to(tokens)) for each in tokens.rglob("*") if each.is_file()}
    assert files == {"dispatcher", "grafana/grafana", "ingest/ingest"}
    assert stat.S_IMODE((tokens / "ingest" / "ingest").stat().st_mode) == 0o400
    again = set_up_influx(address, KEEP, tokens)
    assert {step.outcome for step in again} == {"kept"}


def test_a_dry_run_changes_nothing(address: InfluxAddress, tokens: Path) -> None:
    """It says what the next run does: all of it, nothing, or a bucket's other retention."""
    address = replace(address, org=f"org-{uuid.uuid4().hex[:8]}")
    planned = set_up_influx(address, KEEP, tokens, dry_run=True)
    assert not tokens.exists()
    assert set_up_influx(address, KEEP, tokens) == planned
    shorter = replace(KEEP, telemetry_days=7)
    planned = set_up_influx(address, shorter, tokens, dry_run=True)
    assert [each.outcome for each in planned].count("changed") == 1
    assert {each.outcome for each in set_up_influx(address, KEEP, tokens)} == {"kept"}
    assert set_up_influx(address, shorter, tokens) == planned
    assert {each.outcome for each in set_up_influx(address, shorter, tokens)} == {"kept"}


def test_a_dry_run_on_a_fresh_server_leaves_it_fresh(bare_influxdb: str, tmp_path: Path) -> None:
    """The first administrator is made by who means it."""
    address = InfluxAddress(
        url=bare_influxdb, org="guardian", token="", telemetry_bucket="t", released_bucket="r"
    )
    planned = set_up_influx(address, KEEP, tmp_path / "tokens", dry_run=True)
    assert not (tmp_path / "tokens").exists()
    assert set_up_influx(address, KEEP, tmp_path / "tokens")[0] == planned[0]
    assert [each.what for each in set_up_influx(address, KEEP, tmp_path / "tokens")] == [
        each.what for each in planned[1:]
    ]


def test_thinned_positions_have_a_bucket_and_a_token(
    address: InfluxAddress, tokens: Path, admin: InfluxStore
) -> None:
    """The token reads all positions and writes the few; it neither reads these nor writes those."""
    address = replace(address, thinned_bucket=f"thinned-{uuid.uuid4().hex[:8]}")
    set_up_influx(address, KEEP, tokens)
    longer = replace(KEEP, thinned_days=730)
    planned = set_up_influx(address, longer, tokens, dry_run=True)
    assert set_up_influx(address, longer, tokens) == planned
    assert [each.what.split()[0] for each in planned if each.outcome == "made"] == [
        "bucket", "token",
    ]  # fmt: skip
    admin.write([LocationRow("t", place(seq, NOW - seq * 1000)) for seq in range(600)])
    source = opened_as("thinning", address, tokens)
    target = opened_as(
        "thinning", replace(address, telemetry_bucket=address.thinned_bucket), tokens
    )
    for _ in range(2):
        assert thin(source, target, NOW - 3_600_000, NOW, 60_000).kept in (9, 10)
    with pytest.raises(DeniedError):
        source.write([LocationRow("t", place(1, NOW))])
    with pytest.raises(DeniedError):
        target.track("t", 0, NOW, 9)
    few = InfluxStore(replace(address, telemetry_bucket=address.thinned_bucket))
    assert len(few.track("t", 0, NOW, 99)) in (9, 10)
    for each in (source, target, few):
        each.close()
