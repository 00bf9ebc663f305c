"""Killed at any boundary of the journal or of HTTP, and run again: the tools are as if nothing had happened."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

STEP = {"cloud": 14, "dc": 19, "github": 13, "asana": 13, "all": 41}
"""Every so many boundaries, in the everyday profile; `make test-nightly` takes all."""
LEAST = 70


def matrix(scenario: str, folder: Path, step: int) -> tuple[dict, list[dict]]:
    command = [sys.executable, str(Path(__file__).with_name("driver.py")), scenario, str(folder), str(step)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=3000)
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    whole, *tried = map(json.loads, done.stdout.splitlines())
    return whole, tried


def holds(scenario: str, folder: Path, step: int) -> None:
    whole, tried = matrix(scenario, folder, step)
    assert whole["code"] == 0, whole["said"]
    assert whole["points"] >= LEAST
    assert len(tried) == -(-whole["points"] // step)
    assert [one for one in tried if one["problem"]] == []
    assert sum(one["killed"] for one in tried) >= 0.8 * len(tried), "hardly any process was killed"


@pytest.mark.parametrize("scenario", STEP)
def test_killed_anywhere_and_run_again(scenario, tmp_path):
    holds(scenario, tmp_path, STEP[scenario])


@pytest.mark.nightly
@pytest.mark.parametrize("scenario", STEP)
def test_killed_everywhere_and_run_again(scenario, tmp_path):
    holds(scenario, tmp_path, 1)
