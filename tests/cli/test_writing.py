"""`plan`, `show`, `apply`, `sync --write`: through HTTP, with people who work in the tool meanwhile."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import stat
import subprocess
import sys

import jsonschema
import pytest

from veaf_sync.clock import SystemClock
from veaf_sync.demo.hurry import HurriedClock
from veaf_sync.files import write_whole

FEW = 40
"""Items of the scenario in the tool: `conftest.tool`."""


def tagged(tool):
    return {key for key, labels in tool.tags().items() if any(label.startswith("okr:") for label in labels)}


def test_an_item_that_no_sync_has_seen_is_read_by_its_key(work, veaf, tool, synced):
    known = veaf("-C", synced, "items", "--all", "-o", "json").document["items"][0]["key"]
    key = tool.create("PAY", "Brand new")
    ended = work("-C", synced, "sync", "--only", f"jira-main:{key}", "--only", known, "-o", "json")
    assert ended.code == 0, ended.err
    assert [(one["source"], one["new"]) for one in ended.document["sources"]] == [("jira-main", 1)]
    assert veaf("-C", synced, "explain", key).code == 0


def test_a_plan_is_counted_shown_and_written_nowhere(veaf, tool, synced, tmp_path):
    ended = veaf("-C", synced, "plan", "--out", tmp_path / "plan.json")
    assert ended.code == 0, ended.err
    total = int(re.search(r"set (\d+)  clear 0", ended.out)[1])
    by_objective = [int(number) for number in re.findall(r"^  \S+ +\+(\d+)", ended.out, re.MULTILINE)]
    assert sum(by_objective) == total > FEW / 2
    assert f"{total} changes in " in ended.out
    assert "Nothing has been written." in ended.out
    assert f"veaf-sync -C {synced} apply {tmp_path / 'plan.json'}" in ended.out
    assert tagged(tool) == set()


def test_its_json_is_the_file_and_fits_its_schema(veaf, synced, tmp_path):
    document = veaf("-C", synced, "plan", "--out", tmp_path / "plan.json", "-o", "json").document
    assert list(document)[:4] == ["format_version", "run", "as_of", "degraded"]
    assert document == json.loads((tmp_path / "plan.json").read_text())
    jsonschema.validate(document, veaf("schema", "plan").document)


def test_show_tells_everything_in_the_file(veaf, synced, tmp_path):
    file = tmp_path / "plan.json"
    document = veaf("-C", synced, "plan", "--out", file, "-o", "json").document
    ended = veaf("show", file)
    assert ended.code == 0
    assert document["digest"] in ended.out
    for change in document["changes"]:
        assert re.search(rf"^jira-main:{change['key']} .*{', '.join(change['after'])}", ended.out, re.MULTILINE)
    assert veaf("show", file, "-o", "json").document == document


def test_apply_writes_exactly_the_file_and_again_writes_nothing(work, tool, synced, tmp_path):
    file = tmp_path / "plan.json"
    document = work("-C", synced, "plan", "--out", file, "-o", "json").document
    ended = work("-C", synced, "apply", file)
    assert ended.code == 0, ended.err
    assert f"{len(document['changes'])} written" in ended.out
    assert tagged(tool) == {change["key"] for change in document["changes"]}
    before = tool.tags()
    again = work("-C", synced, "apply", file, "-o", "json")
    assert again.code == 0
    assert again.document["counts"]["applied"] == 0
    assert tool.tags() == before


def test_an_altered_plan_is_refused(veaf, tool, synced, tmp_path):
    file = tmp_path / "plan.json"
    veaf("-C", synced, "plan", "--out", file)
    file.write_text(file.read_text().replace("okr:fast-checkout", "okr:something-else", 1))
    for arguments in (["show", file], ["-C", synced, "apply", file]):
        ended = veaf(*arguments)
        assert ended.code == 4
        assert "altered" in ended.err
    assert tagged(tool) == set()


@pytest.mark.parametrize("content", ["", "{}", "[", '{"kind": "veaf-sync plan"}'])
def test_what_is_no_plan_is_refused(veaf, synced, tmp_path, content):
    file = tmp_path / "plan.json"
    file.write_text(content)
    assert veaf("-C", synced, "apply", file).code == 4
    assert veaf("-C", synced, "apply", tmp_path / "absent.json").code == 2


def test_apply_without_a_file_needs_somebody_to_ask(veaf, tool, synced, monkeypatch):
    with open(os.devnull) as nobody:
        monkeypatch.setattr("sys.stdin", nobody)
        ended = veaf("-C", synced, "apply")
    assert ended.code == 2
    assert "--auto-approve" in ended.err
    assert tagged(tool) == set()


def test_apply_with_auto_approve_plans_and_writes(work, tool, synced):
    ended = work("-C", synced, "apply", "--auto-approve")
    assert ended.code == 0, ended.err
    assert "fast-checkout" in ended.out
    assert len(tagged(tool)) > FEW / 2


@pytest.mark.parametrize(("answer", "writes"), [("n\n", False), ("y\n", True)])
def test_apply_on_a_terminal_shows_and_asks(tool, synced, answer, writes):
    """With standard input on a pseudo-terminal: what is shown comes before the question, and no means no."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "veaf_sync", "-C", str(synced), "apply"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as asked:
        os.write(ours, answer.encode())
        out, err = asked.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert asked.returncode == 0, err
    assert "Write these" in err
    assert "fast-checkout" in out
    assert bool(tagged(tool)) is writes
    assert ("Nothing was written." in err) is not writes


def test_a_persons_edit_since_the_plan_wins_and_is_told(work, tool, synced, tmp_path):
    file = tmp_path / "plan.json"
    document = work("-C", synced, "plan", "--out", file, "-o", "json").document
    key = document["changes"][0]["key"]
    tool.edit(key, labels=("okr:new-markets",))
    ended = work("-C", synced, "apply", file)
    assert ended.code == 0, ended.err
    assert f"jira-main:{key}  conflict" in ended.out
    assert tool.tags()[key] == ("okr:new-markets",)
    assert ended.out.splitlines()[-1].endswith(f"after: veaf-sync -C {synced} sync")
    planned = work("-C", synced, "plan", "-o", "json").document
    assert key in [change["key"] for change in planned["changes"]]
    assert work("-C", synced, "sync").code == 0
    assert key not in [change["key"] for change in work("-C", synced, "plan", "-o", "json").document["changes"]]


def test_more_than_the_cap_is_refused_until_the_number_is_said(work, tool, synced):
    settings = synced / "veaf-sync.yaml"
    settings.write_text(settings.read_text().replace("changes: {count: 5000}", "changes: {count: 10}"))
    assert work("-C", synced, "sync").code == 0
    refused = work("-C", synced, "apply", "--auto-approve")
    assert refused.code == 4
    assert tagged(tool) == set()
    number = re.search(r"--accept (\d+)", refused.err)[1]
    assert work("-C", synced, "apply", "--auto-approve", "--accept", "3").code == 4
    assert work("-C", synced, "apply", "--auto-approve", "--accept", number).code == 0
    assert len(tagged(tool)) > FEW / 2


def suggested(line):
    """The arguments of the command that a line ends with."""
    return shlex.split(line.rpartition("veaf-sync ")[2])


def test_the_commands_about_a_plan_over_the_cap_work_when_they_are_pasted(work, tool, synced, tmp_path, monkeypatch):
    """From the plan to its last line, through a write that fails, to what that suggests."""
    settings = synced / "veaf-sync.yaml"
    settings.write_text(settings.read_text().replace("changes: {count: 5000}", "changes: {count: 10}"))
    assert work("-C", synced, "sync").code == 0
    file = tmp_path / "a plan.json"
    planned = work("-C", synced, "plan", "--out", file)
    assert "Apply exactly this" not in planned.out
    shown = work("-C", synced, "show", file)
    assert shown.out.splitlines()[-1] == planned.out.splitlines()[-1]
    assert "Apply exactly this" in work("-C", tmp_path / "none", "show", file).out  # no configuration to tell by
    token = tool.environment["JIRA_CLOUD_WRITE_TOKEN"]
    monkeypatch.setenv("JIRA_CLOUD_WRITE_TOKEN", "wrong-token")
    failed = work(*suggested(planned.out.splitlines()[-1]))
    assert failed.code == 3
    monkeypatch.setenv("JIRA_CLOUD_WRITE_TOKEN", token)
    assert work(*suggested(failed.out.splitlines()[-1])).code == 0
    assert len(tagged(tool)) > FEW / 2


def test_sync_with_write_does_both(work, tool, synced):
    ended = work("-C", synced, "sync", "--write")
    assert ended.code == 0, ended.err
    assert " written" in ended.out
    assert len(tagged(tool)) > FEW / 2
    again = work("-C", synced, "sync", "--write", "-o", "json")
    assert again.code == 0
    assert again.document["outcomes"]["changes"] == []


def test_a_write_that_does_not_succeed_is_code_3(work, tool, synced, tmp_path):
    file = tmp_path / "plan.json"
    document = work("-C", synced, "plan", "--out", file, "-o", "json").document
    key = document["changes"][0]["key"]
    tool.delete(key)
    ended = work("-C", synced, "apply", file)
    assert ended.code == 3
    assert f"jira-main:{key}  failed" in ended.out


def test_a_credential_refused_while_writing_is_told_once(work, veaf, tool, synced, tmp_path, monkeypatch):
    file = tmp_path / "plan.json"
    document = work("-C", synced, "plan", "--out", file, "-o", "json").document
    monkeypatch.setenv("JIRA_CLOUD_WRITE_TOKEN", "wrong-token")
    ended = work("-C", synced, "apply", file)
    assert ended.code == 3
    told = [line for line in (ended.out + ended.err).splitlines() if "login was refused" in line]
    assert len(told) == 1
    assert f"{len(document['changes'])} failed" in told[0]
    assert f"{document['counts']['set']} values not written" in ended.out
    assert f"go on with: veaf-sync -C {synced} apply {file}" in ended.out
    assert tagged(tool) == set()
    monkeypatch.setenv("JIRA_CLOUD_WRITE_TOKEN", tool.environment["JIRA_CLOUD_WRITE_TOKEN"])
    assert work("-C", synced, "apply", file).code == 0


def test_an_empty_plan_says_that_nothing_needs_changing_and_why(work, tool, synced, tmp_path):
    assert work("-C", synced, "sync", "--write").code == 0
    file = tmp_path / "plan.json"
    ended = work("-C", synced, "plan", "--out", file)
    assert ended.code == 0
    assert "Nothing needs changing" in ended.out
    assert "Apply exactly this" not in ended.out
    assert work("-C", synced, "apply", file).code == 0
    leaf = max(tagged(tool), key=lambda key: int(key.rpartition("-")[2]))
    tool.edit(leaf, labels=[label for label in tool.tags()[leaf] if not label.startswith("okr:")])
    assert work("-C", synced, "sync").code == 0
    ended = work("-C", synced, "apply", "--auto-approve")
    assert ended.code == 0
    assert "1 value stays as people left them" in ended.out


def test_a_plan_tells_with_which_documents_it_was_made(work, synced):
    assert "edited since" not in work("-C", synced, "plan").out
    mapping = synced / "mapping.yaml"
    mapping.write_text(mapping.read_text() + "# a thought\n")
    assert "Planned with mapping.yaml as edited since run 1" in work("-C", synced, "plan").out
    assert work("-C", synced, "sync").code == 0
    assert "edited since" not in work("-C", synced, "plan").out


def test_a_plan_file_is_whole_or_as_it_was(synced, veaf, tmp_path):
    """No room for it: the older file stands, and nothing lies beside it."""
    file = tmp_path / "plan.json"
    file.write_text("older")
    file.chmod(0o644)
    program = (
        "import resource, sys; from pathlib import Path; from veaf_sync.files import write_whole\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_whole(Path(sys.argv[1]), 'x' * 100_000)"
    )
    failed = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=False)
    assert "OSError" in failed.stderr
    assert file.read_text() == "older"
    assert [path.name for path in tmp_path.glob(".plan*")] == []
    assert veaf("-C", synced, "plan", "--out", file).code == 0
    assert json.loads(file.read_text())["kind"] == "veaf-sync plan"


def test_a_plan_file_that_others_may_not_read_stays_so(tmp_path):
    closed, new = tmp_path / "closed.json", tmp_path / "new.json"
    closed.write_text("older")
    closed.chmod(0o600)
    previous = os.umask(0o027)
    try:
        modes = [stat.S_IMODE(write_whole(path, "newer").stat().st_mode) for path in (closed, new)]
    finally:
        os.umask(previous)
    assert modes == [0o600, 0o640]
    assert closed.read_text() == "newer"


def test_check_online_says_who_we_are(veaf, tool, synced):
    ended = veaf("-C", synced, "check", "--online")
    assert ended.code == 0, ended.out
    assert "jira-main" in ended.out
    assert "time zone" in ended.out
    assert not [secret for secret in tool.environment.values() if "token" in secret and secret in ended.out]


def test_wrong_credentials_are_for_the_user_to_fix(veaf, tool, synced, monkeypatch):
    name = next(name for name in tool.environment if name.endswith("_TOKEN") and "WRITE" not in name)
    monkeypatch.setenv(name, "wrong-token")
    ended = veaf("-C", synced, "sync")
    assert ended.code == 2
    assert "check --online" in ended.err
    assert "wrong-token" not in ended.out + ended.err
    assert veaf("-C", synced, "check", "--online").code == 1
    assert "DEGRADED" in veaf("-C", synced, "status").out


class ImpatientClock(HurriedClock):
    """Somebody presses Ctrl-C at the first wait."""

    def sleep(self, seconds):
        raise KeyboardInterrupt


def test_ctrl_c_in_the_middle_of_writing_says_how_to_go_on_and_that_works(veaf, work, tool, synced, tmp_path):
    file = tmp_path / "plan.json"
    document = work("-C", synced, "plan", "--out", file, "-o", "json").document
    stopped = veaf("-C", synced, "apply", file, clock=ImpatientClock(SystemClock()))
    assert stopped.code == 130
    assert "What was written so far is in the journal" in stopped.err
    ended = work("-C", synced, "apply", file)
    assert ended.code == 0, ended.err
    assert tagged(tool) == {change["key"] for change in document["changes"]}
    assert all(len(labels) == len(set(labels)) for labels in tool.tags().values())


def test_of_drafts_nothing_is_planned_and_nothing_is_taken_away(work, tool, synced):
    assert work("-C", synced, "apply", "--auto-approve").code == 0
    before = tagged(tool)
    assert before
    strategy = synced / "strategy.yaml"
    text = re.sub(
        r"(?m)^( +- id: (?:[a-z]+-)*(?:checkout|data|run|markets)\b.*)$", r"\1\n    state: draft", strategy.read_text()
    )
    strategy.write_text(text.replace("    state: active  ", "  # "))
    assert work("-C", synced, "sync", "--write").code == 0
    assert tagged(tool) == before
    planned = work("-C", synced, "plan")
    assert "Every objective is a draft, so no tag is planned anywhere" in planned.out
