"""On a terminal there are colours, unless NO_COLOR says otherwise; ids are whole on a narrow one."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import pytest

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def on_a_terminal(*arguments, **environment):
    """What a command writes to a pseudo-terminal."""
    ours, theirs = pty.openpty()
    surroundings = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    with subprocess.Popen(
        [sys.executable, "-m", "veaf_sync", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env={**surroundings, "TERM": "xterm-256color", **environment},
    ) as running:
        os.close(theirs)
        said = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            said += part
        running.wait(timeout=60)
    os.close(ours)
    assert running.returncode == 0
    return said.decode()


@pytest.mark.parametrize("width", [40, 50, 80])
@pytest.mark.parametrize(
    "command", [["status"], ["coverage", "--by", "team"], ["items"], ["orphans"], ["objectives"], ["explain", "N-4"]]
)
def test_a_narrow_terminal_shows_every_word_whole_and_no_line_runs_over(veaf, plant, command, width):
    everything = set(veaf("-C", plant, *command).out.lower().split())
    text = COLOUR.sub("", on_a_terminal("-C", plant, *command, COLUMNS=str(width))).replace("\r\n", "\n")
    assert [line for line in text.split("\n") if len(line.rstrip()) > width and " " in line.strip()] == []
    shown = set(text.lower().split())
    assert [word for word in everything - shown if not any(cut.endswith("…") for cut in shown)] == []


@pytest.mark.parametrize("width", ["60", "120"])
def test_a_terminal_gets_colours_where_it_is_wide_enough_and_always_whole_ids(plant, width):
    text = on_a_terminal("-C", plant, "items", COLUMNS=width)
    assert bool(COLOUR.search(text)) is (width == "120")  # too narrow for columns: a block an item
    plain = COLOUR.sub("", text)
    for key in ("S-1", "S-2", "N-2", "N-3", "N-4", "N-5", "N-6", "N-7", "N-8"):
        assert f"plant:{key}" in plain
    assert "\u202e" not in plain
    assert "\x1b" not in plain


def test_no_color_is_honoured(plant):
    text = on_a_terminal("-C", plant, "status", NO_COLOR="1", COLUMNS="120")
    assert not re.search(r"\x1b\[[0-9;]*(3[0-9]|9[0-9])[0-9;]*m", text)
