"""While every objective is a draft: figures say what they would be, nothing is planned, and activating ends it."""

from __future__ import annotations

import pytest

SETTINGS = """\
version: 1
sources:
  work: {connector: file, path: work.csv}
"""
STRATEGY = """\
vision: {title: V}
objectives:
  - id: fast     # comment
    state: draft
  - {id: cheap, state: draft, supports: fast}
"""
MAPPING = 'stated: [{from: labels, pattern: "okr:(?P<objective>.+)"}]\n'
WORK = "key,title,type,labels\nW-1,a,Task,okr:fast\nW-2,b,Task,okr:cheap\nW-3,c,Task,\nW-4,d,Task,okr:other\n"


@pytest.fixture
def folder(tmp_path):
    home = tmp_path / "config"
    home.mkdir()
    for name, text in {
        "veaf-sync.yaml": SETTINGS,
        "strategy.yaml": STRATEGY,
        "mapping.yaml": MAPPING,
        "work.csv": WORK,
    }.items():
        (home / name).write_text(text, encoding="utf-8")
    return home


def test_drafts_count_until_one_is_activated(veaf, folder):
    found = veaf("check")
    assert found.code == 1
    assert "every objective is a draft" in found.out
    assert veaf("sync").code == 0
    status = veaf("status")
    assert "PROVISIONAL  every objective is a draft" in status.out
    assert "COVERAGE  50.0 % provisional" in status.out
    coverage = veaf("coverage", "-o", "json")
    assert coverage.document["provisional"] is True
    assert coverage.document["weights"]["count"]["coverage"]["value"] == 0.5
    assert "PROVISIONAL" in coverage.err
    stated = {each["objective"]: (each["declared"], each["state"]) for each in objectives(veaf)}
    assert stated == {"fast": ("draft", "stalled"), "cheap": ("draft", "stalled")}  # no item says when it was updated
    assert veaf("report", "--format", "html,md", "--out", "pack").code == 0
    page = next((folder.parent / "pack").glob("*.html")).read_text(encoding="utf-8")
    assert "<strong>PROVISIONAL</strong> every objective is a draft" in page
    assert "Coverage, provisional" in page
    assert "<title>20" in page
    assert "<h1>Does our work serve our strategy?</h1>" in page  # nobody said whose it is
    assert next((folder.parent / "pack").glob("*.md")).read_text(encoding="utf-8").startswith("# 20")

    one = veaf("strategy", "activate", "fast")
    assert one.code == 0
    assert "Still drafts, so that work for them is dangling: cheap." in one.out
    assert (folder / "strategy.yaml").read_text(encoding="utf-8") == STRATEGY.replace("draft", "active", 1)
    veaf("sync")
    after = veaf("coverage", "-o", "json").document
    assert after["provisional"] is False
    assert after["weights"]["count"]["aligned"] == 1
    assert after["weights"]["count"]["dangling"] == 2
    assert veaf("coverage", "-o", "json", "--as-of", "1").document == coverage.document


def objectives(veaf):
    return veaf("objectives", "-o", "json").document["objectives"]


def test_all_at_once_asks_first(veaf, folder):
    asked = veaf("strategy", "activate")
    assert asked.code == 2
    assert "fast" in asked.out
    assert "--yes" in asked.err
    assert (folder / "strategy.yaml").read_text(encoding="utf-8") == STRATEGY
    assert veaf("strategy", "activate", "--yes").code == 0
    assert (folder / "strategy.yaml").read_text(encoding="utf-8") == STRATEGY.replace("draft", "active")
    assert "Nothing to activate" in veaf("strategy", "activate").out
    assert veaf("strategy", "activate", "fats").code == 2


def test_below_a_draft_nothing_reaches_the_vision(veaf, folder):
    said = veaf("strategy", "activate", "cheap")
    assert "cheap is cut off from the vision: fast above it is a draft" in said.out
