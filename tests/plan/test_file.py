"""The plan's file: what was reviewed is what is loaded, or nothing is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from veaf_sync.connector import Refusal
from veaf_sync.errors import Refused
from veaf_sync.plan import Plan, digest, document, dump, load, refuse

Make = Callable[..., Plan]


@pytest.fixture
def made(row: Any, plan: Make) -> Plan:
    """A plan with something of everything."""
    full = plan(
        [
            row("PAY-1", objectives=("fast",)),
            row("PAY-2", objectives=("fast",), tags=("okr:q3", "okr:cheap"), written=("okr:cheap",)),
            row("PAY-3", "orphan", tags=("okr:cheap",), written=("okr:cheap",), key="PÄY-3"),
        ]
    )
    return refuse(full, [Refusal(full.changes[0], "field not on screen")])


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*path, number))
    else:
        yield path


def test_the_document_is_the_contract(made: Plan) -> None:
    read = json.loads(dump(made))
    assert list(read)[:1] == ["format_version"]
    assert (read["format_version"], read["run"], read["as_of"], read["degraded"]) == (
        "1.0",
        7,
        "2026-11-23T05:00:00Z",
        False,
    )
    assert read["counts"] == {"set": 1, "clear": 2, "skip": 1, "refused": 1}
    assert read["digest"] == digest(made)
    assert read["changes"][0] == {
        "id": "jira:PAY-2",
        "item": "PAY-2",
        "source": "jira",
        "key": "PAY-2",
        "partition": "",
        "handle": "PAY-2",
        "target": "labels",
        "before": ["okr:cheap", "okr:q3"],
        "after": ["okr:fast", "okr:q3"],
        "reason": 'rule "r"',
        "rule": "r",
        "lives_in": "PAY",
    }
    assert read["state"]["targets"] == {"direct": "labels", "jira": "labels"}
    assert read["state"]["patterns"] == {"direct": "okr:{objective}", "jira": "okr:{objective}"}
    assert "rules: []" not in dump(made)


def test_any_altered_value_is_refused(made: Plan) -> None:
    paths = list(leaves(document(made)))
    assert len(paths) > 40
    for path in paths:
        altered = json.loads(dump(made))
        place = altered
        for step in path[:-1]:
            place = place[step]
        old = place[path[-1]]
        place[path[-1]] = f"{old}x" if isinstance(old, str) else old + 1
        with pytest.raises(Refused, match="Nothing was written"):
            load(json.dumps(altered))


def test_anything_left_out_or_added_is_refused(made: Plan) -> None:
    for name in document(made):
        altered = json.loads(dump(made))
        del altered[name]
        with pytest.raises(Refused):
            load(json.dumps(altered))
    with pytest.raises(Refused, match="altered"):
        load(json.dumps({**json.loads(dump(made)), "more": 1}))


def test_a_file_that_is_cut_off_anywhere_is_refused(made: Plan) -> None:
    text = dump(made).rstrip()
    for length in range(0, len(text), 7):
        with pytest.raises(Refused, match="cut off or damaged"):
            load(text[:length])


@pytest.mark.parametrize(
    "text", ["[]", "null", "3", "{}", '{"kind": "terraform plan"}', '{"digest": "x", "changes": []}']
)
def test_a_foreign_file_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="no plan of veaf-sync"):
        load(text)


def test_a_plan_of_another_format_is_refused_by_name(made: Plan) -> None:
    later = {**json.loads(dump(made)), "format_version": "2.0"}
    with pytest.raises(Refused, match=r"format 2\.0"):
        load(json.dumps(later))


@pytest.mark.parametrize(
    "given",
    [
        {"run": 8},
        {"documents": {"mapping.yaml": "rules: [] "}},
        {"documents": {"strategy.yaml": "rules: []"}},
        {"sources": {"jira": "r8"}},
        {"degraded": {("other", "P")}},
    ],
)
def test_the_digest_holds_the_state_it_was_made_from(row: Any, plan: Make, given: dict[str, Any]) -> None:
    rows = [row("PAY-1", objectives=("fast",))]
    assert digest(plan(rows, **given)) != digest(plan(rows))
