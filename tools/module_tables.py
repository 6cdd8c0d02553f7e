"""Write each module's first sentence into docs/architecture.md; `--check` only compares."""

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
_MARKED = re.compile(r"(<!-- modules of (?P<part>[\w/]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(part: str) -> str:
    """Return the Markdown table of a part's modules, sub-packages after the rest."""
    folder = ROOT / part
    paths = sorted(folder.rglob("*.py"), key=lambda path: (len(path.parts), path.as_posix()))
    rows = [
        f"| `{path.relative_to(folder).as_posix()}` | {_sentence(path)} |"
        for path in paths
        if path.name not in {"__init__.py", "__main__.py"} and "migrations" not in path.parts
    ]
    return "\n".join(["| module | what |", "|---|---|", *rows]) + "\n"


def _sentence(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    return " ".join(docstring.split("\n\n")[0].split()).replace("|", r"\|")


def current() -> str:
    """Return the page as it should be."""
    return _MARKED.sub(lambda found: found[1] + table(found["part"]) + found[3], PAGE.read_text())


if __name__ == "__main__":
    if "--check" in sys.argv:
        if current() != PAGE.read_text():
            sys.exit("docs/architecture.md is not current; run: python tools/module_tables.py")
    else:
        PAGE.write_text(current())
