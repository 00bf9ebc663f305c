"""A work item in two tools, from their files to every screen: counted once, its copy named."""

from __future__ import annotations

import pytest

SETTINGS = """\
version: 1
{more}sources:
  jira: {{connector: file, path: jira.csv}}
  hub: {{connector: file, path: hub.csv}}
"""
STRATEGY = "vision: {title: V}\nobjectives: [{id: fast}]\n"
MAPPING = 'stated: [{from: labels, pattern: "okr:(?P<objective>.+)"}]\n'
JIRA = "key,title,type,url,labels,description,Hub ID\nJ-1,Faster pages,Task,https://j.invalid/browse/J-1,,,\nJ-2,Alone,Task,,,,H-9\n"
HUB = (
    "key,title,type,url,labels,description\n"
    "H-1,faster pages,Task,https://h.invalid/1,okr:fast,Synced from https://j.invalid/browse/J-1?x=1.\n"
    "H-2,Mentions it,Task,https://h.invalid/2,,See https://j.invalid/browse/J-1\n"
    "H-9,Called otherwise,Task,,,\n"
)


@pytest.fixture
def folder(tmp_path):
    home = tmp_path / "config"
    home.mkdir()
    texts = {"veaf-sync.yaml": SETTINGS.format(more=""), "strategy.yaml": STRATEGY, "mapping.yaml": MAPPING}
    for name, text in {**texts, "jira.csv": JIRA, "hub.csv": HUB}.items():
        (home / name).write_text(text, encoding="utf-8")
    return home


def test_it_is_counted_once_and_the_copy_is_named(veaf, folder):
    synced = veaf("sync")
    assert synced.code == 0, synced.err
    assert "1 item is a copy of an item in another tool" in synced.out
    count = veaf("coverage", "-o", "json").document["weights"]["count"]
    assert (count["total"], count["aligned"]) == (4, 1)
    copy = veaf("explain", "hub:H-1", "-o", "json").document
    assert (copy["counted"], copy["counted_reason"]) == (
        False,
        "a copy of jira:J-1: the work item is counted once, there",
    )
    original = veaf("explain", "jira:J-1", "-o", "json").document
    assert (original["counted"], original["verdict"]) == (True, "aligned")
    assert original["copies"] == ["hub:H-1"]
    assert copy["copies"] == []
    shown = veaf("explain", "jira:J-1").out
    assert "also lives as hub:H-1" in shown
    assert "nothing is stated here; a copy of it says so" in shown
    assert "counted once" in veaf("status").out


def test_a_field_of_a_sync_tool_says_so(veaf, folder):
    (folder / "veaf-sync.yaml").write_text(SETTINGS.format(more="mirrors: {links: false, fields: Hub ID}\n"))
    assert veaf("sync").code == 0
    assert veaf("explain", "hub:H-9", "-o", "json").document["counted"] is False
    assert veaf("explain", "hub:H-1", "-o", "json").document["counted"] is True


def test_it_can_be_turned_off(veaf, folder):
    (folder / "veaf-sync.yaml").write_text(SETTINGS.format(more="mirrors: {links: false}\n"))
    assert veaf("sync").code == 0
    assert veaf("coverage", "-o", "json").document["weights"]["count"]["total"] == 5
