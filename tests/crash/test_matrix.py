"""Killed at any request and any commit, and run again: the tools and the journal are as if nothing had happened.

Beside the tags (see `test_crash.py`): everything else that the tools hold, what the journal left open, whose each value
is, what each item counts as, and `apply` of a reviewed plan and a very first run as well as the pass.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .killing import Instant, sample
from .matrix import Command, Matrix
from .scene import KINDS, Scene
from .shell import Shell

CASES: dict[str, tuple[tuple[str, ...], Command, int]] = {
    "cloud": (("jira-cloud",), "sync", 190),
    "dc": (("jira-dc",), "sync", 120),
    "github": (("github",), "sync", 85),
    "asana": (("asana",), "sync", 85),
    "all": (tuple(KINDS), "sync", 330),
    "cloud-apply": (("jira-cloud",), "apply", 110),
    "dc-apply": (("jira-dc",), "apply", 50),
    "asana-first": (("asana",), "first sync", 80),
}
"""Tools, command, and the fewest points that there are. A read-only file source stands beside the tools always."""
EVERYDAY = {"cloud-apply": 8, "dc-apply": 6, "asana-first": 6}
"""Points of the everyday profile, which has the pass in `test_crash.py`; nightly all of all cases."""


@pytest.fixture(scope="module")
def shells() -> Iterator[tuple[Shell, Shell]]:
    """What runs the commands that are killed, and the others."""
    with tempfile.TemporaryDirectory(prefix="veaf-sync-crash-") as folder:
        both = (Shell(Path(folder) / "dying.txt", "fork"), Shell(Path(folder) / "living.txt", "stay"))
        yield both
        for shell in both:
            shell.close()


@pytest.fixture
def matrix(request: pytest.FixtureRequest, shells: tuple[Shell, Shell], tmp_path: Path) -> Iterator[Matrix]:
    names, command, _ = CASES[request.param]
    made = Matrix(Scene(tmp_path / "config", names), command, *shells)
    yield made
    made.scene.close()
    shutil.rmtree(tmp_path / "config", ignore_errors=True)


def holds(matrix: Matrix, case: str, count: int | None) -> None:
    assert len(matrix.points) >= CASES[case][2]
    tried = matrix.points if count is None else sample(matrix.points, count)
    assert len(tried) == (len(matrix.points) if count is None else count)
    assert {point.instant for point in tried} == set(Instant)
    wrong = {str(point): found for point in tried if (found := matrix.problems(point))}
    print(f"{case}: killed at {len(tried)} of {len(matrix.points)} points")
    assert wrong == {}


@pytest.mark.parametrize(("matrix", "case"), [(case, case) for case in EVERYDAY], indirect=["matrix"])
def test_killed_here_and_there(matrix: Matrix, case: str) -> None:
    holds(matrix, case, EVERYDAY[case])


@pytest.mark.nightly
@pytest.mark.parametrize(("matrix", "case"), [(case, case) for case in CASES], indirect=["matrix"])
def test_killed_everywhere(matrix: Matrix, case: str) -> None:
    holds(matrix, case, None)
