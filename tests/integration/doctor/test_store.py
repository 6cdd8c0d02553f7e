"""The telemetry store on a real InfluxDB: each token that is too wide or too narrow is told."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from influxdb_client import Authorization, InfluxDBClient, Permission, PermissionResource

from guardian.demo.probes import HOST, free_ports
from guardian.doctor.finding import Finding
from guardian.doctor.installation import StoreUse
from guardian.doctor.store import examine
from runtime.clock import ManualClock, SystemClock
from telemetry_store.influx.inspect import rights
from telemetry_store.influx.setup import set_up_influx
from telemetry_store.settings import StoreSettings
from tests.integration.doctor.looking import bad
from tests.services.influxdb import InfluxDB

pytestmark = pytest.mark.integration


@pytest.fixture
def settings(influxdb: InfluxDB) -> StoreSettings:
    """Buckets of an organisation that no other test uses."""
    mark = uuid.uuid4().hex[:8]
    return StoreSettings(
        influx_url=influxdb.url,
        influx_org=f"org-{mark}",
        influx_token=influxdb.token,
        telemetry_bucket=f"telemetry-{mark}",
        released_bucket=f"released-{mark}",
    )


@pytest.fixture
def tokens(settings: StoreSettings, tmp_path: Path) -> Path:
    set_up_influx(settings.influx, settings.retention, tmp_path / "tokens")
    return tmp_path / "tokens"


@pytest.fixture
def admin(settings: StoreSettings, tokens: Path) -> Iterator[InfluxDBClient]:
    client = InfluxDBClient(
        settings.influx_url, token=settings.influx_token, org=settings.influx_org
    )
    yield client
    client.close()


def look(settings: StoreSettings, tokens: Path | None, *uses: StoreUse) -> list[Finding]:
    nobody = StoreUse(role="", source="environment", settings=replace(settings, influx_token=None))
    return list(examine(uses or (nobody,), tokens, SystemClock()))


def give(admin: InfluxDBClient, tokens: Path, role: str, *wanted: tuple[str, str]) -> None:
    """Put another token into the role's file."""
    org = admin.organizations_api().find_organizations(org=admin.org)[0].id
    permissions = []
    for action, bucket in wanted:
        found = admin.buckets_api().find_buckets(name=bucket, org_id=org).buckets[0]
        resource = PermissionResource(type="buckets", id=found.id, org_id=org)
        permissions.append(Permission(action, resource))
    made = admin.authorizations_api().create_authorization(
        authorization=Authorization(org_id=org, permissions=permissions)
    )
    (tokens / role).chmod(0o600)
    (tokens / role).write_text(made.token + "\n")
    (tokens / role).chmod(0o400)


def test_a_healthy_store_gives_only_ok_lines(settings: StoreSettings, tokens: Path) -> None:
    found = look(settings, tokens)
    assert bad(found) == []
    names = [each.name for each in found]
    assert names.count("store.token") == 3
    assert names.count("store.retention") == 2
    assert {"store.reach", "version.influxdb", "clock.servers", "store.secret"} <= set(names)


def test_looking_writes_nothing(
    settings: StoreSettings, tokens: Path, admin: InfluxDBClient
) -> None:
    look(settings, tokens)
    for bucket in (settings.telemetry_bucket, settings.released_bucket):
        found = admin.query_api().query(f'from(bucket: "{bucket}") |> range(start: 0)')
        assert list(found) == []


def test_grafanas_token_that_reads_sealed_positions_is_a_fault(
    settings: StoreSettings, tokens: Path, admin: InfluxDBClient
) -> None:
    give(admin, tokens, "grafana", ("read", settings.released_bucket),
         ("read", settings.telemetry_bucket))  # fmt: skip
    (found,) = bad(look(settings, tokens))
    assert (found.name, found.level) == ("store.token", "fault")
    assert found.about == f"grafana ({tokens / 'grafana'})"
    assert f"may read {settings.telemetry_bucket}, and must not" in found.says
    assert "sealed position" in found.says
    assert "guardian store init" in str(found.remedy)


def test_grafanas_token_that_cannot_read_what_was_released_is_a_fault(
    settings: StoreSettings, tokens: Path, admin: InfluxDBClient
) -> None:
    give(admin, tokens, "grafana", ("write", settings.released_bucket))
    says = [each.says for each in bad(look(settings, tokens))]
    assert says == [
        f"may not read {settings.released_bucket}, and must",
        f"may write {settings.released_bucket}, and must not",
    ]


def test_a_dispatchers_token_that_may_forge_positions_is_a_fault(
    settings: StoreSettings, tokens: Path, admin: InfluxDBClient
) -> None:
    give(admin, tokens, "dispatcher", ("read", settings.released_bucket),
         ("write", settings.released_bucket), ("read", settings.telemetry_bucket),
         ("write", settings.telemetry_bucket))  # fmt: skip
    (found,) = bad(look(settings, tokens))
    assert f"may write {settings.telemetry_bucket}, and must not" in found.says


def test_the_administrators_token_in_a_parts_file_is_a_fault(
    settings: StoreSettings, tokens: Path
) -> None:
    (tokens / "ingest").chmod(0o600)
    (tokens / "ingest").write_text(str(settings.influx_token))
    (tokens / "ingest").chmod(0o400)
    says = [each.says for each in bad(look(settings, tokens))]
    assert "is too wide: it sees other tokens too" in says


def test_a_token_that_influxdb_does_not_know_is_a_fault(
    settings: StoreSettings, tokens: Path
) -> None:
    wrong = replace(settings, influx_token="nonsense")
    found = look(settings, None, StoreUse(role="ingest", source="ingest.toml", settings=wrong))
    (one,) = bad(found)
    assert (one.name, one.about) == ("store.token", "ingest (ingest.toml)")
    assert "does not know" in one.says


def test_the_token_of_a_settings_file_is_tried_as_its_parts(
    settings: StoreSettings, tokens: Path
) -> None:
    given = replace(settings, influx_token=(tokens / "grafana").read_text().strip())
    found = look(settings, None, StoreUse(role="ingest", source="ingest.toml", settings=given))
    assert "may not write" in bad(found)[0].says


def test_a_bucket_that_is_missing_is_a_fault(settings: StoreSettings, tokens: Path) -> None:
    elsewhere = replace(settings, released_bucket="gone")
    found = bad(look(elsewhere, tokens))
    assert {each.name for each in found} == {"store.bucket"}
    assert found[0].says == "there is no bucket 'gone'"
    assert "guardian store init" in str(found[0].remedy)


def test_a_retention_other_than_configured_is_a_fault(
    settings: StoreSettings, tokens: Path
) -> None:
    (found,) = bad(look(replace(settings, telemetry_retention_days=7), tokens))
    assert (found.name, found.level) == ("store.retention", "fault")
    assert found.says == "keeps 30 days, and 7 days are configured"


def test_a_token_that_others_may_read_is_a_fault(settings: StoreSettings, tokens: Path) -> None:
    (tokens / "grafana").chmod(0o444)
    (found,) = bad(look(settings, tokens))
    assert (found.name, found.remedy) == ("store.secret", f"chmod 400 {tokens / 'grafana'}")


def test_a_server_that_does_not_run_is_one_fault(settings: StoreSettings, tokens: Path) -> None:
    down = replace(settings, influx_url=f"http://{HOST}:{free_ports(1)[0]}")
    (found,) = bad(look(down, tokens))
    assert (found.name, found.level) == ("store.reach", "fault")


def test_a_server_whose_clock_is_elsewhere_is_a_fault(
    settings: StoreSettings, tokens: Path
) -> None:
    ours = ManualClock(now_ms=SystemClock().now_ms() - 60_000)
    use = StoreUse(role="", source="environment", settings=settings)
    (found,) = bad(list(examine((use,), tokens, ours)))
    assert (found.name, found.level) == ("clock.servers", "fault")
    assert "InfluxDB" in found.about


def test_what_a_token_may_do_is_found_exactly(settings: StoreSettings, tokens: Path) -> None:
    token = (tokens / "dispatcher").read_text().strip()
    found = rights(replace(settings.influx, token=token))
    assert found.may == {("read", "telemetry"), ("read", "released"), ("write", "released")}
    assert found.retention_days == {settings.telemetry_bucket: 30, settings.released_bucket: 365}
    assert found.missing == ()
    assert not found.sees_tokens


def test_ours_are_found_among_more_buckets_than_a_page_has(
    settings: StoreSettings, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """InfluxDB takes out what a token may not see only after it has cut the page."""
    monkeypatch.setattr("telemetry_store.influx.inspect._PAGE", 1)
    found = look(settings, tokens)
    assert bad(found) == []
    assert [each.name for each in found].count("store.retention") == 2
