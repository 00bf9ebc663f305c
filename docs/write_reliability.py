"""Writes docs/reliability.md from `reliability_rows` and the tests that it names.

`make docs` runs it; a test fails where the page differs, where a row has no proof, or a proof is not there any more.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from reliability_rows import TABLES, Row

ROOT = Path(__file__).parent.parent
DRILLS = "src/veaf_sync/testing/drills.py"
HEAD = """# Reliability

Written from the tests by `make docs`: every row has tests that make the fault happen and hold the promise.

Faults are made by the vendors' emulators and by the system (signals, files, servers), never by replacing code of ours.
*For* names the vendors' connectors for which a row is proved over HTTP; the others are the core's, once for all.
What other tools do was measured on 2,000 issues with the fault at the fifth page: python-jira 3.10.5, dlt 1.31,
Singer's tap-jira 2.6, Meltano's tap-jira, Airbyte's source-jira 4.0; task engines with 40 tasks and one of two workers
killed.
"""


@cache
def tests_of(file: Path) -> Mapping[str, tuple[str, ...]]:
    """The tests of a file, with the rows that each names itself (`proves`)."""
    found = {}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            calls = [each for each in node.decorator_list if isinstance(each, ast.Call)]
            named = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "proves"]
            found[node.name] = tuple(str(ast.literal_eval(each)) for call in named for each in call.args)
    return found


@cache
def drilled() -> tuple[str, ...]:
    """Connectors whose tests inherit the fault drills."""
    files = sorted((ROOT / "plugins").glob("*/tests/**/test_*.py"))
    return tuple(
        dict.fromkeys(plugin_of(file) for file in files if "(FaultDrills)" in file.read_text(encoding="utf-8"))
    )


def plugin_of(file: Path) -> str:
    parts = file.relative_to(ROOT).parts
    return parts[1] if parts[0] == "plugins" else ""


def drills(row: Row) -> list[str]:
    """Tests of the drills that name the row."""
    return [name for name, rows in tests_of(ROOT / DRILLS).items() if row.id in rows]


def connectors(row: Row) -> set[str]:
    """Vendors' connectors for which the row is proved."""
    direct = {plugin_of(ROOT / proof.partition("::")[0]) for proof in row.proofs}
    return (direct | set(drilled() if drills(row) else ())) - {""}


def flaws() -> Iterator[str]:
    """Rows without proof and proofs that are not there."""
    rows = [row for table in TABLES.values() for row in table]
    for row in rows:
        if not row.proofs and not drills(row):
            yield f"{row.id}: nothing proves it"
        if missing := set(row.of) - connectors(row):
            yield f"{row.id}: not proved for {', '.join(sorted(missing))}"
        for proof in row.proofs:
            path, _, name = proof.partition("::")
            file = ROOT / path
            if not file.is_file() or (name != "*" and name not in tests_of(file)):
                yield f"{row.id}: there is no {proof}"
    named = {row for rows in tests_of(ROOT / DRILLS).values() for row in rows}
    yield from (f"drills name {row}, which is no row" for row in sorted(named - {row.id for row in rows}))


def page() -> str:
    parts = [HEAD]
    for title, rows in TABLES.items():
        parts.append(f"\n## {title}\n\n| When | What is promised | For | Proved by | Others |\n|---|---|---|---|---|\n")
        parts += [_line(row) for row in rows]
    return "".join(parts)


def _line(row: Row) -> str:
    known = [(proof.partition("::")[0], proof.partition("::")[2]) for proof in row.proofs]
    known += [(DRILLS, name) for name in drills(row)]
    proofs = "<br>".join(f"[{_short(path, name)}](../{path})" for path, name in known)
    of = ", ".join(sorted(connectors(row) & set(row.of))) if row.of else "the core"
    return f"| {row.fault} | {row.promise} | {of} | {proofs} | {row.others} |\n"


def _short(path: str, name: str) -> str:
    return Path(path).stem if name == "*" else name.removeprefix("test_").replace("_", " ")


if __name__ == "__main__":
    for flaw in flaws():
        print(flaw, file=sys.stderr)
    (ROOT / "docs" / "reliability.md").write_text(page(), encoding="utf-8")
    print("docs/reliability.md")
