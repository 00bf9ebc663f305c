"""Every command's JSON holds the schema that `veaf-sync schema` prints for it."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from veaf_sync.cli.schema import OUTPUTS
from veaf_sync.config import DOCUMENTS


@pytest.fixture
def commands(demo, veaf):
    """A command for every output, on the folder that the demo leaves. What they write lies beside it."""
    folder, ended = demo
    assert ended.code == 0
    plan = folder.parent / "plan.json"
    if not plan.exists():
        assert veaf("-C", folder, "plan", "--out", plan).code == 0
    return {
        "status": [["status"]],
        "coverage": [["coverage"], ["coverage", "--by", "partition", "--team", "payments"]],
        "items": [["items"], ["items", "--all", "--level", "epic"], ["items", "--level", "epic"]],
        "orphans": [["orphans", "--limit", "3"]],
        "objectives": [["objectives"], ["objectives", "--team", "payments"]],
        "explain": [["explain", "PAY-1"], ["explain", "PAY-2"]],
        "runs": [["runs"]],
        "audit": [["audit"]],
        "plan": [["plan", "--out", plan]],
        "show": [["show", plan]],
        "apply": [["apply", plan]],
        "sync": [["sync"]],
        "check": [["check"], ["check", "--online"]],
        "report": [["report", "--format", "md", "--out", folder.parent / "pages"]],
        "plugins": [["plugins"]],
    }


def test_every_output_that_has_a_schema_is_asked_for(commands):
    assert tuple(commands) == OUTPUTS


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_commands_json_is_as_its_schema_says(veaf, demo, commands, output):
    schema = json.loads(veaf("schema", output).out)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for command in commands[output]:
        ended = veaf("-C", demo[0], *command, "-o", "json")
        assert ended.out, (command, ended.err)
        validator.validate(ended.document)
        assert list(ended.document)[:4] == ["format_version", "run", "as_of", "degraded"]


@pytest.mark.parametrize("name", ["settings", "strategy", "mapping"])
def test_a_document_has_a_schema_too(veaf, name):
    Draft202012Validator.check_schema(json.loads(veaf("schema", name).out))
    assert len(DOCUMENTS) == 3


def test_a_mistyped_name_is_told(veaf):
    ended = veaf("schema", "item")
    assert ended.code == 2
    assert "items" in ended.err
