"""Help: complete, grouped, and fast because it loads no room that works."""

from __future__ import annotations

import subprocess
import sys

import pytest

from veaf_sync.cli.app import veaf_sync
from veaf_sync.cli.commands import GROUPS

NAMES = [name for group in GROUPS.values() for name in group]
HEAVY = ("polars", "sqlalchemy", "alembic", "requests", "pydantic", "rich", "ruamel", "jinja2", "pluggy")


def test_the_eight_of_daily_use_come_first(veaf):
    ended = veaf("--help")
    assert ended.code == 0
    assert list(next(iter(GROUPS.values()))) == [
        "sync",
        "status",
        "coverage",
        "orphans",
        "items",
        "objectives",
        "explain",
        "report",
    ]
    places = [ended.out.index(f"\n  {name} ") for name in NAMES]
    assert places == sorted(places)
    assert all(f"{group}:" in ended.out for group in GROUPS)


@pytest.mark.parametrize("arguments", [["--help"], *[[name, "--help"] for name in NAMES]], ids=" ".join)
def test_help_imports_nothing_heavy(arguments):
    """Start-up is bounded by what is imported; seconds would only measure the machine."""
    program = (
        "import sys; from veaf_sync.cli import main; code = main(sys.argv[1:]);"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]; print(heavy, file=sys.stderr);"
        "sys.exit(code or len(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: veaf-sync")


@pytest.mark.parametrize("name", NAMES)
def test_a_commands_help_begins_with_its_line_in_the_table(name):
    command = veaf_sync.get_command(None, name)
    assert command is not None
    assert command.name == name
    line = next(group[name] for group in GROUPS.values() if name in group)
    assert (command.help or "").splitlines()[0] == line


def test_every_option_says_what_it_does():
    silent = [
        f"{name} {option.opts[0]}"
        for name in NAMES
        for option in veaf_sync.get_command(None, name).params
        if option.param_type_name == "option" and not option.help
    ]
    assert silent == []


def test_without_arguments_the_help_is_shown_and_it_is_a_usage_error(veaf):
    ended = veaf()
    assert ended.code == 2
    assert "Every day:" in ended.err


def test_version(veaf):
    from veaf_sync import __version__

    assert veaf("--version").out.strip() == f"veaf-sync, version {__version__}"
