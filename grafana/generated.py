"""The files that are made of the code, and whether those in the repository still are."""

import json
from pathlib import Path
from typing import Any, Final

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.operations import operations
from grafana.police.board import police
from grafana.prometheus_rules import rules
from grafana.provisioning_files import alerting, dashboards, data_sources

REPOSITORY: Final = Path(__file__).parents[1]
_HEAD: Final = "# Made by `make dashboards` of the modules in grafana/: change those.\n"


def files() -> dict[Path, str]:
    """Return the text of each file by its path in the repository."""
    provisioning = Path("grafana/provisioning")
    return {
        Path("grafana/dashboards/police.json"): as_json(police()),
        Path("grafana/dashboards/operations.json"): as_json(operations()),
        provisioning / "datasources/guardian.yaml": _as_yaml(data_sources()),
        provisioning / "dashboards/guardian.yaml": _as_yaml(dashboards()),
        provisioning / "alerting/guardian.yaml": _as_yaml(alerting()),
        Path("prometheus/rules.yml"): _as_yaml(rules()),
    }


def write(root: Path = REPOSITORY) -> list[Path]:
    """Write every file, and return their paths."""
    for path, text in files().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return list(files())


def outdated(root: Path = REPOSITORY) -> list[Path]:
    """Return the files that differ from the code, or are missing."""
    return [path for path, text in files().items() if _read(root / path) != text]


def as_json(made: object) -> str:
    """Return it as Grafana's JSON, keys in order."""
    return json.dumps(made, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _as_yaml(made: dict[str, Any]) -> str:
    plain = json.loads(json.dumps(made, cls=JSONEncoder))
    return _HEAD + yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=100)


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
