"""`init --from`: from nothing to a provisional number, through HTTP and through a terminal that is asked."""

from __future__ import annotations

import os
import pty
import select
import stat
import subprocess
import sys

import pytest

from veaf_sync import plugins
from veaf_sync.clock import SystemClock
from veaf_sync.demo.tools import running


@pytest.fixture
def tools(monkeypatch):
    """The organisation's emulators by connector, their reading credentials in the environment."""
    clock = SystemClock()
    with running(plugins.load(), clock, clock.now()) as served:
        for tool in served:
            for name, value in tool.emulator.environment.items():
                monkeypatch.setenv(name, value)
        yield {str(tool.entry["connector"]): tool for tool in served}


def flags(tool):
    """The settings of an entry as a person would type them."""
    entry = {name: value for name, value in tool.entry.items() if name in ("site", "user", "token")}
    more = {name: value for name, value in tool.entry.items() if name == "projects"}
    return [
        *[text for name, value in entry.items() for text in (f"--{name}", str(value))],
        *[text for name, value in more.items() for text in ("--set", f"{name}={','.join(value)}")],
    ]


def test_two_commands_to_the_first_number(veaf, tools, tmp_path):
    drafted = veaf("init", "mine", "--from", "jira", *flags(tools["jira"]))
    assert drafted.code == 0, drafted.err
    assert "2 partitions visible" in drafted.out
    assert "Drafted 11 objectives, nothing but drafts" in drafted.out
    said = drafted.out.partition("They would map ")[2].partition(" %")[0]
    status = veaf("-C", "mine", "status")
    assert f"COVERAGE  {said} % provisional" in status.out
    assert "since run" not in status.out  # nothing was drafted then: no step to boast of
    points = veaf("-C", "mine", "report", "--format", "html", "--out", "pack")
    assert points.code == 0
    page = next((tmp_path / "pack").glob("*.html")).read_text()
    assert "coverage with its bounds" not in page  # one run is no curve
    assert veaf("-C", "mine", "check").code == 1  # the one finding
    mapping = (tmp_path / "mine" / "mapping.yaml").read_text()
    rules = veaf("-C", "mine", "items", "-o", "json").document["items"]
    for line in mapping.splitlines():
        if "- name:" in line:
            share = float(line.rpartition("# ")[2].removesuffix(" %"))
            name = line.partition("name: ")[2].rpartition("#")[0].strip().strip('"')
            objective = mapping.partition(line)[2].partition("objective: ")[2].partition("\n")[0].strip('"')
            mine = [item for item in rules if any(each["objective"] == objective for each in item["objectives"])]
            assert share == pytest.approx(100 * len(mine) / len(rules), abs=0.06), name
    tools["jira"].emulator.edit("PAY-2", title="new")
    synced = veaf("-C", "mine", "sync", "-o", "json").document
    assert synced["sources"][0]["changed"] == 1  # what the draft read was kept
    assert veaf("-C", "mine", "strategy", "activate", "--yes").code == 0
    assert veaf("-C", "mine", "sync").code == 0
    assert "provisional" not in veaf("-C", "mine", "coverage").out


@pytest.mark.parametrize("connector", ["github_projects", "asana"])
def test_the_other_tools_are_drafted_from_too(veaf, tools, tmp_path, connector):
    drafted = veaf("init", "mine", "--from", connector, *flags(tools[connector]))
    assert drafted.code == 0, drafted.err
    assert veaf("-C", "mine", "status").code == 0
    assert ("Nothing here names objectives" in drafted.out) is (connector == "asana")


def test_a_spreadsheet_and_an_export_in_one_go(veaf, tmp_path):
    (tmp_path / "okr.csv").write_text("Objective,Owner\nFaster pages,web\n")
    (tmp_path / "work.csv").write_text("key,title,labels\nW-1,a,okr:faster-pages\nW-2,b,\n")
    drafted = veaf("init", "deep/er", "--from", "okr.csv", "--from", "file", "--set", "path=work.csv")
    assert drafted.code == 0, drafted.err
    assert 'path: "../../work.csv"' in (tmp_path / "deep/er/veaf-sync.yaml").read_text()
    assert "They would map 50.0 % of 2 counted items" in drafted.out
    assert "COVERAGE  50.0 % provisional" in veaf("-C", "deep/er", "status").out
    again = veaf("init", "deep/er", "--from", "okr.csv")
    assert again.code == 2
    assert "there already" in again.err


def test_a_sheet_alone_says_where_a_source_goes(veaf, tmp_path):
    (tmp_path / "okr.csv").write_text("Objective\nFaster pages\n")
    assert veaf("init", "mine", "--from", "okr.csv").code == 0
    checked = veaf("-C", "mine", "check")
    assert "sources is missing" in checked.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--from", "jirra"], "neither an installed connector"),
        (["--from", "absent.csv"], "cannot be read"),
        (["--from", "jira"], "jira needs site and token"),
        (["--from", "jira", "--site", "https://x.invalid", "--token", "s3cret"], "takes a reference, no secret"),
        (["--from", "jira", "--site", "https://x.invalid", "--token", "env:ABSENT_TOKEN"], "ABSENT_TOKEN is not set"),
        (["--from", "jira", "--site", "ftp://x", "--token", "env:A"], "site"),
        (["--from", "jira", "--set", "projects"], "no NAME=VALUE"),
        (["--from", "file", "--set", "path=none.csv"], "none.csv"),
        (["--token", "env:A"], "name its --from"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(veaf, tmp_path, arguments, says):
    ended = veaf("init", "mine", *arguments)
    assert ended.code in (2, 3)
    assert says in ended.err
    assert "s3cret" not in ended.err
    assert not list(tmp_path.glob("mine/*.yaml"))


def test_a_refused_token_leaves_no_document(veaf, tools, tmp_path, monkeypatch):
    monkeypatch.setenv("WRONG", "not-the-token")
    ended = veaf("init", "mine", "--from", "asana", "--site", tools["asana"].entry["site"], "--token", "env:WRONG")
    assert ended.code == 3
    assert "not-the-token" not in ended.err
    assert not list(tmp_path.glob("mine/*.yaml"))


def said_until(stream, words):
    """What a process says until these words; nothing more is read, and nobody waits for ever."""
    said = b""
    while words not in said:
        assert select.select([stream], [], [], 30)[0], said
        part = os.read(stream.fileno(), 1000)
        assert part, said
        said += part
    return said.decode()


def test_asked_at_a_terminal_a_typed_token_is_kept_apart(tools, tmp_path):
    """Standard input is a pseudo-terminal: the site, then the token, which is not echoed and gets its own file."""
    entry, environment = tools["asana"].entry, tools["asana"].emulator.environment
    token = environment[str(entry["token"]).removeprefix("env:")]
    ours, theirs = pty.openpty()
    older = tmp_path / "mine" / ".secrets" / "asana.token"  # left open to others, and leading elsewhere
    older.parent.mkdir(parents=True, mode=0o755)
    older.symlink_to(tmp_path / "elsewhere")
    with subprocess.Popen(
        [sys.executable, "-m", "veaf_sync", "init", "mine", "--from", "asana"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        start_new_session=True,  # no terminal of its own: the token is read from standard input too
    ) as asked:
        try:
            err = said_until(asked.stderr, b"site ")
            os.write(ours, f"{entry['site']}\n".encode())
            err += said_until(asked.stderr, b"PATH): ")  # the blank comes when the echo is off
            os.write(ours, f"{token}\n".encode())
            out, rest = (each.decode() for each in asked.communicate(timeout=60))
        finally:
            asked.kill()
    err += rest
    os.close(ours)
    os.close(theirs)
    assert asked.returncode == 0, err
    assert token not in out + err
    kept = tmp_path / "mine" / ".secrets" / "asana.token"
    assert kept.read_text().strip() == token
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert not (tmp_path / "elsewhere").exists()
    settings = (tmp_path / "mine" / "veaf-sync.yaml").read_text()
    assert "token: file:.secrets/asana.token" in settings
    assert token not in settings
    assert (kept.parent / ".gitignore").read_text() == "*\n"


def test_goals_become_objectives_with_what_people_linked(veaf, tools, tmp_path):
    site = tools["jira"].emulator
    site.goal("TITAN-1", "Everything works", owner="Ada")
    site.goal("TITAN-2", "Faster checkout", parent="TITAN-1")
    site.goal("TITAN-3", "Given up", state="cancelled")
    site.link("SHOP-1", "TITAN-2")
    drafted = veaf("init", "mine", "--from", "jira", *flags(tools["jira"]))
    assert drafted.code == 0, drafted.err
    assert "3 goals of its own" in drafted.out
    assert "Drafted 2 objectives" in drafted.out
    assert "goals: true" in (tmp_path / "mine/veaf-sync.yaml").read_text()
    assert "goal: jira-main:TITAN-2" in (tmp_path / "mine/strategy.yaml").read_text()
    rows = {each["objective"]: each for each in veaf("-C", "mine", "objectives", "-o", "json").document["objectives"]}
    assert rows["faster-checkout"]["items"] > 1  # what is below the epic that somebody linked
    assert rows["everything-works"]["items"] == rows["faster-checkout"]["items"]
    explained = veaf("-C", "mine", "explain", "SHOP-1", "-o", "json").document
    assert explained["alignments"][0]["origin"] == "statement"


def test_a_spreadsheet_says_which_goals_count(veaf, tools, tmp_path):
    site = tools["jira"].emulator
    site.goal("TITAN-1", "Faster checkout")
    site.goal("TITAN-2", "Another one")
    (tmp_path / "okr.csv").write_text("Objective\nFASTER  checkout!\n")
    assert veaf("init", "mine", "--from", "okr.csv", "--from", "jira", *flags(tools["jira"])).code == 0
    assert "goal: jira-main:TITAN-1" in (tmp_path / "mine/strategy.yaml").read_text()
    assert "#   goal jira-main:TITAN-2 Another one  0 linked" in (tmp_path / "mine/mapping.yaml").read_text()
