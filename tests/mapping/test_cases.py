"""The worked cases: verdict, objectives, origin and rule of every item, worked out by hand elsewhere."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from veaf_sync.frames import ITEMS
from veaf_sync.model import as_text

CASES = 17
DONE = {"done", "closed", "resolved"}
LISTS = {"labels", "components", "milestones", "sprints", "assignees"}
LEVELS = {"epic": "epic", "initiative": "initiative", "sub-task": "subtask", "subtask": "subtask"}


def _records(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".jsonl":
        yield from (json.loads(line) for line in path.read_text().splitlines())
    else:
        with path.open(newline="") as file:
            yield from csv.DictReader(file)


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _category(state: str, completed: object) -> str:
    if state.lower() in DONE or completed:
        return "done"
    return "in_progress" if state.lower() in {"in progress", "in review"} else "todo"


def _item(record: dict[str, Any], source: str, partition: str, levels: dict[str, str]) -> dict[str, Any]:
    item: dict[str, Any] = {"source": source, "partition": partition}
    fields: dict[str, list[str]] = {}
    for name, value in record.items():
        if name == "objective":
            item["stated"] = [value] if value else []
        elif name in LISTS:
            item[name] = value if isinstance(value, list) else [each for each in value.split(";") if each]
        elif name in {"created", "updated", "completed"}:
            item[name] = _instant(value)
        elif name in {"points", "hours"}:
            item[name] = float(value) if value else None
        elif name in ITEMS:
            item[name] = value
        elif value not in ("", None):
            fields[name] = [as_text(value)]
    kind = item.get("type", "").lower()
    item["level"] = levels.get(kind) or LEVELS.get(kind, "standard")
    item["state_category"] = _category(item.get("state", ""), item.get("completed"))
    item["fields"] = json.dumps(fields)
    return item


def _items(folder: Path, sources: dict[str, Any], lost: list[str]) -> Iterator[dict[str, Any]]:
    for source, settings in sources.items():
        levels = {kind.lower(): level for level, kinds in settings.get("levels", {}).items() for kind in kinds}
        path = folder / settings["path"]
        for record in _records(path):
            yield {**_item(record, source, path.stem, levels), "unreadable": source in lost}


@pytest.fixture
def case(shared: Path, number: int) -> Path:
    return next((shared / "cases").glob(f"{number:02}-*"))


@pytest.mark.shared
@pytest.mark.parametrize("number", range(1, CASES + 1))
def test_worked_case(case: Path, whole_world: Any) -> None:
    yaml = YAML(typ="safe")
    settings, mapping, strategy = (
        yaml.load((case / f"{name}.yaml").read_text()) for name in ("veaf-sync", "mapping", "strategy")
    )
    expected = json.loads((case / "expected.json").read_text())
    items = list(_items(case, settings["sources"], expected["lost_sources"]))
    world = whole_world(
        items, mapping, strategy, at=datetime.fromisoformat(expected["at"]), tz=settings.get("timezone", "UTC")
    )
    found = world.results()
    assert set(found) == set(expected["items"])
    for key, wanted in expected["items"].items():
        result = found[key]
        assert (result["verdict"], result["origin"], result["rule"]) == (
            wanted["verdict"],
            wanted["origin"] or "",
            wanted["rule"] or "",
        ), key
        assert result["objectives"] == pytest.approx(wanted["objectives"], abs=1e-9), key
        if wanted.get("reason") and result["verdict"] == "orphan":
            assert result["reason"] == wanted["reason"], key


def test_all_cases_are_there(shared: Path) -> None:
    assert len([path for path in (shared / "cases").iterdir() if path.is_dir()]) == CASES
