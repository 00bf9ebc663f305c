"""`sync --adopt-tags`: what would be claimed is listed, asked, and claimed only then."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest


@pytest.fixture
def begun_anew(synced, tool):
    """A store that knows nothing of two tags that stand in the tool."""
    tool.edit("PAY-3", labels=("okr:fast-checkout",))
    tool.edit("PAY-4", labels=("okr:trusted-data", "backend"))
    return synced


def claimed(work, folder):
    """What the audit knows of adoptions."""
    document = work("-C", folder, "audit", "--limit", "100", "-o", "json").document
    return [entry["event"] for entry in document["entries"] if entry["event"].startswith("adopt-")]


def test_without_a_terminal_it_is_listed_and_nothing_is_claimed(work, tool, begun_anew, monkeypatch):
    with open(os.devnull) as nobody:
        monkeypatch.setattr("sys.stdin", nobody)
        ended = work("-C", begun_anew, "sync", "--adopt-tags", "ours")
    assert ended.code == 2
    assert "jira-main:PAY-3  okr:fast-checkout" in ended.out
    assert "jira-main:PAY-4  okr:trusted-data" in ended.out
    assert "backend" not in ended.out
    assert "2 values would be claimed" in ended.err
    assert "--adopt-tags ours --auto-approve" in ended.err
    assert claimed(work, begun_anew) == []
    assert "2 values under our tag prefix" in work("-C", begun_anew, "sync").out


@pytest.mark.parametrize("whose", ["ours", "people"])
def test_it_is_claimed_where_nobody_is_to_be_asked(work, tool, begun_anew, whose):
    ended = work("-C", begun_anew, "sync", "--adopt-tags", whose, "--auto-approve")
    assert ended.code == 0, ended.err
    assert "jira-main:PAY-3  okr:fast-checkout" in ended.out
    assert claimed(work, begun_anew) == [f"adopt-{whose}"]
    again = work("-C", begun_anew, "sync", "--adopt-tags", whose, "--auto-approve")
    assert "PAY-3" not in again.out
    assert claimed(work, begun_anew) == [f"adopt-{whose}"]


@pytest.mark.parametrize(("answer", "events"), [("n\n", []), ("y\n", ["adopt-people"])])
def test_on_a_terminal_it_asks(work, tool, begun_anew, answer, events):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "veaf_sync", "-C", str(begun_anew), "sync", "--adopt-tags", "people"]
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as asked:
        os.write(ours, answer.encode())
        out, err = asked.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert asked.returncode == 0, err
    assert "Claim these 2 values as people?" in err
    assert "jira-main:PAY-3  okr:fast-checkout" in out
    assert claimed(work, begun_anew) == events
