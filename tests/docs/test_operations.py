"""Every command of docs/operations.md, in the page's order, against a tool over HTTP."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from veaf_sync import plugins
from veaf_sync.cli import main
from veaf_sync.clock import SystemClock
from veaf_sync.demo import scenario

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
COMMANDS = [
    shlex.split(line, comments=True)[1:]
    for block in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]
STRATEGY = "vision: {title: V, narrative: N, horizon: 2028-12-31}\nobjectives: [{id: fast, title: Fast}]\n"
MAPPING = "rules: [{name: all, when: {}, objective: fast}]\n"


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A Jira server, the configuration of one who runs the program for others, and the working directory."""
    clock = SystemClock()
    site = plugins.load().emulators["jira"](profile="dc", clock=clock)
    site.separate_credentials()
    site.load(item for item in scenario(clock.now()) if item.partitions[0].partition == "PAY")
    with site:
        settings = {"version": 1, "sources": {"jira": {**site.source(), "tag": {"label": "okr:{objective}"}}}}
        for name, text in (
            ("veaf-sync.yaml", json.dumps(settings)),
            ("strategy.yaml", STRATEGY),
            ("mapping.yaml", MAPPING),
        ):
            (tmp_path / name).write_text(text)
        for name, value in site.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        yield site


def tagged(site) -> int:
    return sum("okr:fast" in values for values in site.tags().values())


def test_the_commands_do_what_the_page_says(site, capsys):
    assert len(COMMANDS) > 12
    for arguments in COMMANDS:
        if "--adopt-tags" in arguments:  # after a loss
            assert main(["sync", "--write"]) == 0
            standing = tagged(site)
            for path in Path.cwd().glob("veaf-sync.db*"):
                path.unlink()
            assert main(["sync", "--write"]) == 0
            assert "that this store did not write" in capsys.readouterr().out
        before = tagged(site)
        if (code := main(arguments)) == 4:  # a cap: the page says that the message has the command
            (number,) = re.findall(r"--accept (\d+)", said := capsys.readouterr().err)
            assert tagged(site) == before, said
            code = main([*arguments, "--accept", number])
        assert code == 0, (arguments, capsys.readouterr())
        after = tagged(site)
        if arguments == ["sync", "--write"]:
            assert (before, after > 20) == (0, True)
        elif arguments[0] == "undo" and "--plan" not in arguments:
            assert (before > 20, after) == (True, 0)
        else:
            assert after == before, arguments
    assert tagged(site) == standing
    assert Path("audit.jsonl").read_text().count("\n") > 0
