"""Organisation, buckets with retention, and a scoped token for each part, in InfluxDB 2."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from influxdb_client import (
    Authorization,
    BucketRetentionRules,
    OnboardingRequest,
    Permission,
    PermissionResource,
)
from influxdb_client.rest import ApiException
from influxdb_client.service.setup_service import SetupService

from telemetry_store.errors import DeniedError
from telemetry_store.influx.library import AdministratorClient, faults
from telemetry_store.secret_file import read_token, write_token
from telemetry_store.settings import InfluxAddress, Retention
from telemetry_store.step import Step

ADMIN_FILE = "admin"
PASSWORD_FILE = "admin-password"  # noqa: S105 - a file's name
_ADMIN_NAME = "guardian-admin"
_DAY_S = 86_400

Right = tuple[Literal["read", "write"], Literal["telemetry", "released", "thinned"]]

ROLES: dict[str, tuple[Right, ...]] = {
    "ingest": (("write", "telemetry"), ("write", "released")),
    "dispatcher": (("read", "telemetry"), ("read", "released"), ("write", "released")),
    "grafana": (("read", "released"),),
}
"""Who may do what. To write includes to delete: InfluxDB knows no difference."""
THINNING: dict[str, tuple[Right, ...]] = {
    "thinning": (("read", "telemetry"), ("write", "thinned")),
}
"""Who thins positions, where that is done."""


def set_up_influx(
    address: InfluxAddress, retention: Retention, tokens: Path, *, dry_run: bool = False
) -> list[Step]:
    """Set up a fresh InfluxDB, or add to one that an administrator's token opens.

    A dry run changes nothing, neither there nor here, and returns what would be done.
    """
    if dry_run and _is_fresh(address):
        return _all_of_it(address, retention, tokens)
    steps: list[Step] = []
    token = _admin_token(address, tokens, steps)
    client = AdministratorClient(address.url, token, address.org)
    try:
        return steps + _SetUp(client.api, address, tokens, dry_run).run(retention)
    finally:
        client.close()


def _is_fresh(address: InfluxAddress) -> bool:
    nobody = AdministratorClient(address.url, "", address.org)
    try:
        with faults():
            allowed: bool = SetupService(nobody.api.api_client).get_setup().allowed
            return allowed
    finally:
        nobody.close()


def _all_of_it(address: InfluxAddress, retention: Retention, tokens: Path) -> list[Step]:
    """Return what a server needs on which nothing is."""
    return [
        Step("administrator", "made"),
        Step(f"organisation {address.org}", "made"),
        *(
            Step(_bucket_words(name, days), "made")
            for _, name, days in _buckets(address, retention)
        ),
        *(Step(f"token {token_file(tokens, role)}", "made") for role in _roles(retention)),
    ]


def _buckets(address: InfluxAddress, retention: Retention) -> list[tuple[str, str, int]]:
    """Return what each bucket is for, its name, and the days of its retention."""
    found = [
        ("telemetry", address.telemetry_bucket, retention.telemetry_days),
        ("released", address.released_bucket, retention.released_days),
    ]
    if retention.thinned_days:
        found.append(("thinned", address.thinned_bucket, retention.thinned_days))
    return found


def _roles(retention: Retention) -> dict[str, tuple[Right, ...]]:
    return ROLES | THINNING if retention.thinned_days else ROLES


def _bucket_words(name: str, days: int) -> str:
    return f"bucket {name}, {days} days"


def _admin_token(address: InfluxAddress, tokens: Path, steps: list[Step]) -> str:
    """Return the given or the kept token; on a fresh server make the first administrator."""
    known = address.token or read_token(tokens / ADMIN_FILE)
    nobody = AdministratorClient(address.url, "", address.org)
    try:
        with faults():
            fresh = SetupService(nobody.api.api_client).get_setup().allowed
        if fresh:
            known = _first_administrator(nobody, replace(address, token=known or ""), tokens)
            steps.append(Step("administrator", "made"))
    finally:
        nobody.close()
    if not known:
        raise DeniedError(
            "InfluxDB is in use: give an administrator's token in INFLUXDB_V2_TOKEN_FILE"
            f" or in {tokens / ADMIN_FILE}"
        )
    return known


def _first_administrator(client: AdministratorClient, address: InfluxAddress, tokens: Path) -> str:
    """Make the first user; what opens the server is on disk before the server knows it."""
    token, password = address.token or secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    if not address.token:
        write_token(tokens / ADMIN_FILE, token)
    write_token(tokens / PASSWORD_FILE, password)
    request = OnboardingRequest(
        username=_ADMIN_NAME,
        password=password,
        org=address.org,
        bucket=address.telemetry_bucket,
        token=token,
    )
    with faults():
        SetupService(client.api.api_client).post_setup(request)
    return token


@dataclass(frozen=True, slots=True)
class _SetUp:
    """The steps that need an administrator."""

    api: Any
    address: InfluxAddress
    tokens: Path
    dry_run: bool

    def run(self, retention: Retention) -> list[Step]:
        with faults():
            org, step = self._organisation()
            steps, ids = [step], {}
            for kind, name, days in _buckets(self.address, retention):
                ids[kind], step = self._bucket(org, name, days)
                steps.append(step)
            for role, rights in _roles(retention).items():
                steps.append(self._token(org, role, rights, ids))
        return steps

    def _organisation(self) -> tuple[str, Step]:
        """Return the organisation's id."""
        name = self.address.org
        organisations = self.api.organizations_api()
        found = _found(lambda: organisations.find_organizations(org=name))
        if found:
            return found[0].id, Step(f"organisation {name}", "kept")
        if self.dry_run:
            return "", Step(f"organisation {name}", "made")
        return organisations.create_organization(name).id, Step(f"organisation {name}", "made")

    def _bucket(self, org: str, name: str, days: int) -> tuple[str, Step]:
        """Return the bucket's id; its retention is as the settings say."""
        buckets, what = self.api.buckets_api(), _bucket_words(name, days)
        if not org:
            return "", Step(what, "made")
        rules = BucketRetentionRules(type="expire", every_seconds=days * _DAY_S)
        found = _found(lambda: buckets.find_buckets(name=name, org_id=org).buckets)
        if not found and self.dry_run:
            return "", Step(what, "made")
        if not found:
            made = buckets.create_bucket(bucket_name=name, org=org, retention_rules=rules)
            return made.id, Step(what, "made")
        bucket = found[0]
        if [rule.every_seconds for rule in bucket.retention_rules] == [days * _DAY_S]:
            return bucket.id, Step(what, "kept")
        if self.dry_run:
            return bucket.id, Step(what, "changed")
        bucket.retention_rules = [rules]
        buckets.update_bucket(bucket)
        return bucket.id, Step(what, "changed")

    def _token(self, org: str, role: str, rights: tuple[Right, ...], ids: dict[str, str]) -> Step:
        """Leave a file with a token that may do exactly what the role needs."""
        path = token_file(self.tokens, role)
        if not all(
            ids[bucket] for _, bucket in rights
        ):  # a dry run, before there is anything that a token could open
            return Step(f"token {path}", "changed" if read_token(path) else "made")
        wanted: set[tuple[str, str]] = {(action, ids[bucket]) for action, bucket in rights}
        valid = self._valid(org, role, wanted)
        kept = read_token(path)
        if valid and kept and any(each.token in (kept, None, "") for each in valid):
            return Step(f"token {path}", "kept")
        if self.dry_run:
            return Step(f"token {path}", "changed" if kept else "made")
        shown = next((each.token for each in valid if each.token), None)
        write_token(path, shown or self._new(org, role, wanted))
        return Step(f"token {path}", "changed" if kept else "made")

    def _valid(self, org: str, role: str, wanted: set[tuple[str, str]]) -> list[Any]:
        """Return the role's tokens; one that may do more or less is revoked."""
        authorizations = self.api.authorizations_api()
        valid = []
        for each in authorizations.find_authorizations(org_id=org):
            if each.description != self._description(role):
                continue
            if each.status == "active" and _rights(each) == wanted:
                valid.append(each)
            elif not self.dry_run:
                authorizations.delete_authorization(each)
        return valid

    def _new(self, org: str, role: str, wanted: set[tuple[str, str]]) -> str:
        permissions = [
            Permission(action, PermissionResource(type="buckets", id=bucket, org_id=org))
            for action, bucket in sorted(wanted)
        ]
        made = self.api.authorizations_api().create_authorization(
            authorization=Authorization(
                org_id=org, description=self._description(role), permissions=permissions
            )
        )
        token: str = made.token
        return token

    def _description(self, role: str) -> str:
        """Name the buckets too: several Guardians may share an organisation."""
        buckets = f"{self.address.telemetry_bucket}, {self.address.released_bucket}"
        return f"guardian {role} ({buckets})"


def token_file(tokens: Path, role: str) -> Path:
    """Return where the role's token lies: a file of its name, in its own folder if there is one.

    With folders, made beforehand, each part can be given its own and nothing else.
    """
    path = tokens / role
    return path / role if path.is_dir() else path


def _rights(authorization: Any) -> set[tuple[str, str | None]]:
    return {(each.action, each.resource.id) for each in authorization.permissions}


def _found(search: Callable[[], list[Any] | None]) -> list[Any]:
    """Return what a search finds; InfluxDB answers 404 when it is nothing."""
    try:
        return search() or []
    except ApiException as error:
        if error.status == 404:  # noqa: PLR2004 - HTTP
            return []
        raise
