"""The worked cases: counted items, weights and the objective side as worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest

from veaf_sync.measure import Allocation, coverage, make_cells, objective_side
from veaf_sync.strategy import tree

CASES = (
    "01-statement-rule-ancestor",
    "02-two-statements",
    "03-none",
    "04-inheritance-across-sources",
    "05-ring-of-parents",
    "06-subtasks-and-containers",
    "07-dead-share",
    "08-exemption",
    "09-dangling",
    "10-lost-source",
    "11-imputation-ladder",
    "12-no-estimates",
    "13-people",
    "14-conditions",
    "15-time-zone",
    "16-objective-states",
    "17-built-objective",
)


def flat(answer: Any, path: str = "") -> dict[str, Any]:
    """Leaves of a nested answer by their path, so that numbers can be compared within a tolerance."""
    if isinstance(answer, dict):
        return {key: leaf for name, inner in answer.items() for key, leaf in flat(inner, f"{path}.{name}").items()}
    return {path: answer if isinstance(answer, str) or answer is None else pytest.approx(answer, abs=1e-9)}


@pytest.mark.shared
@pytest.mark.parametrize("name", CASES)
def test_case_counts_the_items_that_it_says(case: Callable[[str], Any], name: str) -> None:
    read = case(name)
    counted = {
        f"{source}:{identity}" for source, identity in read.weights.filter("counted").select("source", "id").rows()
    }
    assert counted == {item for item, entry in read.expected["items"].items() if entry["counted"]}


@pytest.mark.shared
@pytest.mark.parametrize("name", CASES)
def test_case_weighs_what_it_says(case: Callable[[str], Any], name: str) -> None:
    read = case(name)
    cells = make_cells(read.items, read.hierarchy, read.verdicts, read.weights)
    found = {weight: asdict(one) if one else None for weight, one in coverage(cells).items()}
    assert flat(read.expected["weights"]) == flat_values(found)


@pytest.mark.shared
@pytest.mark.parametrize("name", CASES)
def test_case_has_the_objective_side_that_it_says(case: Callable[[str], Any], name: str) -> None:
    read = case(name)
    side = objective_side(
        read.items,
        read.verdicts,
        read.weights,
        tree(read.strategy),
        at=read.at,
        tz=read.tz,
        allocation=Allocation(),
        stalled_after=timedelta(days=14),
    )
    found = {row.pop("objective"): row for row in side.drop("items").rows(named=True)}
    assert flat(read.expected["objectives"]) == flat_values(found)


@pytest.mark.shared
def test_every_case_folder_is_tested(shared: Any) -> None:
    assert sorted(path.name for path in (shared / "cases").iterdir() if path.is_dir()) == sorted(CASES)


def flat_values(answer: Any, path: str = "") -> dict[str, Any]:
    if isinstance(answer, dict):
        return {
            key: leaf for name, inner in answer.items() for key, leaf in flat_values(inner, f"{path}.{name}").items()
        }
    return {path: answer}
