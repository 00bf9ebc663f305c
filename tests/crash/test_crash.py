"""Killed at any request and any commit, and run again: the tools and the journal are as if nothing had happened.

That is: everything that the tools hold, no tag twice and no edit of people lost, what the journal left open, whose each
value is, and what each item counts as. `make test-crash` takes the matrix whole, `make test` a few points of each case.
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
    "all": (tuple(KINDS), "sync", 330),
    "cloud": (("jira-cloud",), "sync", 190),
    "cloud-apply": (("jira-cloud",), "apply", 110),
    "dc": (("jira-dc",), "sync", 120),
    "dc-apply": (("jira-dc",), "apply", 50),
    "github": (("github",), "sync", 85),
    "asana": (("asana",), "sync", 85),
    "asana-first": (("asana",), "first sync", 80),
}
"""Tools, command, and the fewest points that there are. A read-only file source stands beside the tools always."""
EVERYDAY = 4
"""Points of each case in `make test`."""
WITH_ALL = 60
"""Points of all tools together in `make test-crash`: each takes as long as three of one tool, and is like them."""


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


@pytest.mark.parametrize(("matrix", "case"), [(case, case) for case in CASES], indirect=["matrix"])
def test_killed_here_and_there(matrix: Matrix, case: str) -> None:
    holds(matrix, case, EVERYDAY)


@pytest.mark.crash
@pytest.mark.parametrize(("matrix", "case"), [(case, case) for case in CASES], indirect=["matrix"])
def test_killed_everywhere(matrix: Matrix, case: str) -> None:
    holds(matrix, case, WITH_ALL if case == "all" else None)


@pytest.mark.nightly
@pytest.mark.parametrize(("matrix", "case"), [("all", "all")], indirect=["matrix"])
def test_killed_everywhere_with_all_tools_together(matrix: Matrix, case: str) -> None:
    holds(matrix, case, None)
