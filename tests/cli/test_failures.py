"""Every way a command can end has its exit code, its words on standard error, and its JSON form."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from veaf_sync.cli import main
from veaf_sync.clock import SystemClock
from veaf_sync.credentials import remember


class FailingClock(SystemClock):
    """A clock that raises: the first thing that a command asks for after its folder."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def now(self):
        raise self.error


@pytest.fixture
def folder(veaf, tmp_path):
    """A scaffolded configuration."""
    assert veaf("init", tmp_path / "config").code == 0
    return tmp_path / "config"


def test_an_unknown_command_is_a_usage_error(veaf):
    ended = veaf("sinc")
    assert ended.code == 2
    assert ended.out == ""
    assert "There is no command sinc. Did you mean sync?" in ended.err


def test_an_unknown_option_says_where_help_is(veaf):
    ended = veaf("status", "--colour")
    assert ended.code == 2
    assert "Fix: veaf-sync status --help" in ended.err


def test_a_usage_error_is_json_where_json_was_asked_for(veaf):
    ended = veaf("status", "--colour", "-o", "json")
    assert ended.code == 2
    assert ended.out == ""
    assert ended.error["code"] == "usage"
    assert ended.error["fix"] == "veaf-sync status --help"


def test_no_configuration_says_how_to_make_one(veaf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = veaf("status")
    assert ended.code == 2
    assert "veaf-sync init" in ended.err


def test_a_broken_configuration_stops_every_command_with_all_problems(veaf, folder):
    settings = folder / "veaf-sync.yaml"
    settings.write_text(settings.read_text().replace("timezone:", "timezon:").replace("site:", "sit:"))
    for command in (["status"], ["sync"], ["plan"], ["orphans"]):
        ended = veaf("-C", folder, *command)
        assert ended.code == 2
        assert "timezon" in ended.err
        assert "sit" in ended.err
        assert "Traceback" not in ended.err
    error = veaf("-C", folder, "status", "-o", "json").error
    assert error["code"] == "configuration"
    lines = settings.read_text().splitlines()
    named = {problem["what"]: lines[problem["line"] - 1] for problem in error["problems"] if problem["line"]}
    assert "timezon:" in named["timezon is not a setting."]
    assert {problem["file"] for problem in error["problems"]} == {str(settings)}


def test_reading_before_the_first_run_says_to_sync(veaf, folder):
    for command in ("status", "coverage", "items", "orphans", "objectives", "plan"):
        ended = veaf("-C", folder, command)
        assert ended.code == 2, command
        assert f"veaf-sync -C {folder} sync" in ended.err, command
        assert veaf("-C", folder, command, "-o", "json").error["fix"].endswith(f"veaf-sync -C {folder} sync"), command


def test_an_internal_error_is_one_line_and_its_traceback_is_in_a_private_log(veaf, folder):
    remember("tops3cret-value")
    ended = veaf("-C", folder, "status", clock=FailingClock(RuntimeError("boom tops3cret-value")))
    assert ended.code == 70
    assert ended.err.splitlines()[0] == "Internal error: RuntimeError: boom •••"
    assert "Traceback" not in ended.err
    log = folder / "veaf-sync.log"
    assert str(log) in ended.err
    assert "Traceback" in log.read_text()
    assert "tops3cret" not in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_an_internal_error_without_a_folder_still_has_a_log(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("veaf_sync.cli.plugins.command.callback", lambda form: 1 / 0)
    assert main(["plugins"]) == 70
    assert "ZeroDivisionError" in capsys.readouterr().err
    (log,) = tmp_path.glob("veaf-sync-*.log")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_ctrl_c_says_what_was_not_done(veaf, folder):
    ended = veaf("-C", folder, "status", clock=FailingClock(KeyboardInterrupt()))
    assert ended.code == 130
    assert "Interrupted. Nothing was written." in ended.err


def test_a_reader_that_leaves_is_no_error():
    """`veaf-sync … | head`: no traceback, whatever was left to say."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "veaf_sync", "plugins"], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("found", [False, True])
def test_a_suggestion_names_the_program_as_a_shell_finds_it(folder, tmp_path, found):
    """Started by a path that a shell would not find, and by one that it would."""
    program = tmp_path / "programs" / "veaf-sync"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nimport sys\nfrom veaf_sync.cli import main\nsys.exit(main())\n")
    program.chmod(0o755)
    done = subprocess.run(
        ["programs/veaf-sync", "-C", "config", "status"],
        cwd=tmp_path,
        env={**os.environ, "PATH": str(program.parent if found else tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    named = "veaf-sync" if found else "programs/veaf-sync"
    assert done.stderr.endswith(f": {named} -C config sync\n")
