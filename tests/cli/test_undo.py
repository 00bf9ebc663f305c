"""`undo`, `audit`, and who may apply, as people meet them."""

from __future__ import annotations

import json
import os
import re

import jsonschema
import pytest

from veaf_sync.sync.holding import account


def ours(tool):
    return {key: value for key, labels in tool.tags().items() for value in labels if value.startswith("okr:")}


@pytest.fixture
def written(work, synced):
    """The folder after a pass that wrote its tags as run 2."""
    ended = work("-C", synced, "sync", "--write")
    assert ended.code == 0, ended.err
    return synced


def test_undo_shows_the_plan_says_what_comes_next_and_writes_nothing(work, tool, written):
    before = ours(tool)
    ended = work("-C", written, "undo", "2", "--plan")
    assert ended.code == 0, ended.err
    assert f"clear {len(before)}" in ended.out
    assert "undoes run 2" in ended.out
    assert f"The mapping still wants {len(before)} of these" in ended.out
    assert f"veaf-sync -C {written} undo 2 --accept {len(before)}" in ended.out, "more than the cap of clears"
    assert ours(tool) == before


def test_undo_by_a_reviewed_file(work, veaf, tool, written, tmp_path):
    file = tmp_path / "undo.json"
    document = work("-C", written, "undo", "2", "--out", file, "-o", "json").document
    assert document == json.loads(file.read_text())
    assert document["undoes"] == 2
    jsonschema.validate(document, veaf("schema", "plan").document)
    refused = work("-C", written, "apply", file)
    assert refused.code == 4, "the same guards hold"
    accept = re.search(r"--accept (\d+)", refused.err)[1]
    count = len(ours(tool))
    ended = work("-C", written, "apply", file, "--accept", accept)
    assert ended.code == 0, ended.err
    assert ours(tool) == {}
    assert f"({count} tag changes wait)" in work("-C", written, "status").out, "what is undone is wanted again"
    assert [run["values"] for run in work("-C", written, "runs", "-o", "json").document["runs"]] == [2 * count, 0]
    again = work("-C", written, "undo", "2", "--plan")
    assert again.code == 2
    assert "has been undone already" in again.err


def test_an_undo_that_is_stale_names_the_undo(work, written, tmp_path):
    file = tmp_path / "undo.json"
    work("-C", written, "undo", "2", "--out", file)
    assert work("-C", written, "sync").code == 0
    stale = work("-C", written, "apply", file)
    assert stale.code == 4
    assert "undo 2 --out plan.json" in stale.err


def test_undo_writes_when_nobody_is_to_be_asked(work, tool, written, monkeypatch):
    before = ours(tool)
    kept = next(iter(before))
    tool.edit(kept, labels=())
    assert work("-C", written, "sync").code == 0
    with open(os.devnull) as nobody:
        monkeypatch.setattr("sys.stdin", nobody)
        ended = work("-C", written, "undo", "2")
    assert ended.code == 2
    assert "--auto-approve" in ended.err
    accept = str(len(before) - 1)
    ended = work("-C", written, "undo", "2", "--auto-approve", "--accept", accept)
    assert ended.code == 0, ended.err
    assert f"kept as people left them {1}" in ended.out
    assert ours(tool) == {}


@pytest.mark.parametrize(("run", "said"), [("99", "There is no run 99"), ("1", "Runs that wrote: 2")])
def test_undo_of_nothing_says_which_runs_wrote(work, written, run, said):
    ended = work("-C", written, "undo", run, "--plan")
    assert ended.code == 2
    assert said in ended.err


def test_audit_tells_who_did_what_and_proves_it(work, veaf, written, tmp_path):
    ended = work("-C", written, "audit")
    assert ended.code == 0, ended.err
    assert f"{account()}@" in ended.out
    assert re.search(r"apply +2 .*plan [0-9a-f]{12}: set \d+, clear 0", ended.out)
    seal = re.search(r"Newest seal ([0-9a-f]{64})", ended.out)[1]
    assert f"Newest seal {seal}" in work("-C", written, "audit", "verify").out
    assert work("-C", written, "audit", "verify", "--seal", seal).code == 0
    document = work("-C", written, "audit", "-o", "json").document
    assert document["newest_seal"] == seal
    events = [entry["event"] for entry in document["entries"]]
    assert not {"intend", "settle"} & set(events)
    every = work("-C", written, "audit", "--records", "-o", "json").document["entries"]
    assert {"intend", "settle"} <= {entry["event"] for entry in every}
    assert [entry["event"] for entry in every if entry["event"] not in ("intend", "settle")] == events
    jsonschema.validate(document, veaf("schema", "audit").document)
    file = tmp_path / "audit.jsonl"
    assert work("-C", written, "audit", "export", "--out", file).code == 0
    assert [json.loads(line) for line in file.read_text().splitlines()][-1]["seal"] == seal
    wrong = work("-C", written, "audit", "verify", "--seal", "0" * 64)
    assert wrong.code == 1
    assert "is not in the chain" in wrong.out


def test_only_named_accounts_write_and_the_audit_knows_who_was_refused(work, tool, synced):
    settings = synced / "veaf-sync.yaml"
    text = settings.read_text()
    settings.write_text(text + "governance: {apply: [somebody-else]}\n")
    ended = work("-C", synced, "sync", "--write")
    assert ended.code == 4
    assert "Only somebody-else may apply plans here (governance in veaf-sync.yaml)" in ended.err
    assert f"this is the account {account()}" in ended.err
    assert ours(tool) == {}
    assert "refused" in work("-C", synced, "audit").out
    settings.write_text(text + f"governance: {{apply: [{account()}]}}\n")
    assert work("-C", synced, "sync", "--write").code == 0
    assert ours(tool)
