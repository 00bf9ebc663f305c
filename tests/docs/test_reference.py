"""The reference pages say what the code says."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES: dict[str, str] = runpy.run_path(str(DOCS / "write_reference.py"))["pages"]()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_page_is_what_the_code_says(name: str) -> None:
    assert (DOCS / "reference" / name).read_text("utf-8") == PAGES[name], "write it anew: make docs"


def test_no_page_is_left_over() -> None:
    assert {page.name for page in (DOCS / "reference").iterdir()} == set(PAGES)


def test_every_setting_says_what_it_means() -> None:
    rows = [line.split(" | ") for line in PAGES["settings.md"].splitlines() if line.startswith("| `")]
    silent = {row[0] for row in rows if not row[3].rstrip("| ")}
    themselves = {"source", "key", "type", "state", "title", "description", "team"}  # of a condition: the item's own
    themselves |= {"labels", "components", "milestones", "sprints", "assignees"}
    themselves |= {
        "connector",
        "scope",
        "governance",
        "vision",
        "over",
        "under",
    }  # said by the sentence above their table
    assert {name.strip("| `") for name in silent} <= themselves
