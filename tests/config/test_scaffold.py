"""What `init` writes, and the schemas from which editors complete."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from veaf_sync import config, plugins
from veaf_sync.config.document import parse
from veaf_sync.errors import UserError

ROOT = Path(__file__).parents[2]
SCHEMA_OF = {"veaf-sync.yaml": "settings", "strategy.yaml": "strategy", "mapping.yaml": "mapping"}


@pytest.fixture(scope="module")
def installed():
    registry = plugins.load()
    assert not registry.failures
    return registry.connectors


@pytest.fixture(scope="module")
def written(installed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scaffold") / "new" / "config"
    config.scaffold(folder, installed)
    return folder


def test_the_example_in_the_repository_is_what_init_writes(written):
    example = ROOT / "config"
    names = [str(path.relative_to(written)) for path in sorted(written.rglob("*")) if path.is_file()]
    stale = [
        name
        for name in names
        if not (example / name).is_file() or (example / name).read_bytes() != (written / name).read_bytes()
    ]

    assert not stale, f"rm {' '.join(f'config/{name}' for name in names)}; veaf-sync init config"


def test_it_loads_without_problems_and_findings(written, installed, at):
    loaded = config.load(written, installed, at=at)

    assert loaded.findings == ()
    assert loaded.settings.sources.keys() == {"jira-main"}
    assert [objective.id for objective in loaded.strategy.objectives] == [
        "fast-checkout",
        "trusted-data",
        "cheap-to-run",
        "new-markets",
    ]
    # It must not start to complain by itself one day soon.
    assert config.load(written, installed, at=at.replace(year=2027, month=12, day=31, hour=12)).findings == ()


def test_paths_are_returned_and_nothing_is_overwritten(tmp_path, connectors):
    paths = config.scaffold(tmp_path, connectors)

    assert [path.name for path in paths[:3]] == list(config.DOCUMENTS)
    assert all(path.is_file() for path in paths)
    (tmp_path / "strategy.yaml").write_text("mine", encoding="utf-8")
    (tmp_path / "mapping.yaml").unlink()
    with pytest.raises(UserError, match=r"veaf-sync\.yaml and .*strategy\.yaml are there already"):
        config.scaffold(tmp_path, connectors)
    assert (tmp_path / "strategy.yaml").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "mapping.yaml").exists()


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(UserError, match="cannot be written"):
        config.scaffold(tmp_path / "file" / "config")


@pytest.mark.parametrize("name", config.DOCUMENTS)
def test_the_example_refers_to_its_schema_and_fits_it(written, installed, name):
    text = (written / name).read_text(encoding="utf-8")
    first = text.splitlines()[0]
    assert first == f"# yaml-language-server: $schema=.schema/{SCHEMA_OF[name]}.json"

    schema = json.loads((written / first.partition("=")[2]).read_text(encoding="utf-8"))
    assert schema == json.loads(json.dumps(config.json_schema(SCHEMA_OF[name], installed)))
    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors(parse(name, text.encode()).data)) == []


def test_the_worked_cases_fit_the_schemas(shared, installed):
    validators = {
        name: Draft202012Validator(config.json_schema(document, installed)) for name, document in SCHEMA_OF.items()
    }
    for path in sorted((shared / "cases").glob("*/*.yaml")):
        errors = list(validators[path.name].iter_errors(parse(str(path), path.read_bytes()).data))
        assert errors == [], path


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("settings", "sources: {hub: {connector: board, site: s, token: 'env:X'}}"),
        ("settings", "version: 1\nsources: {}"),
        ("settings", "version: 1\nsources: {hub: {connector: bord}}"),
        ("settings", "version: 1\nsources: {hub: {connector: board, site: s}}"),
        ("settings", "version: 1\nsources: {hub: {connector: board, site: s, token: hunter2}}"),
        ("settings", "version: 1\nsources: {hub: {connector: board, site: s, token: 'env:X', sit: s}}"),
        ("settings", "version: 1\nsources: {hub: {connector: board, site: s, token: 'env:X', lag: 3 days}}"),
        ("settings", "version: 1\nsources: {'a:b': {connector: file}}"),
        ("strategy", "vision: {}"),
        ("strategy", "vision: {title: t}\nobjectives: [{id: x, state: activ}]"),
        ("mapping", "rules: [{name: x}]"),
        ("mapping", "rules: [{name: x, when: {typ: Bug}}]"),
        ("mapping", "rules: [{name: x, when: {labels: {near: y}}}]"),
    ],
)
def test_a_schema_refuses_what_loading_refuses(connectors, document, text):
    schema = config.json_schema(document, connectors)
    Draft202012Validator.check_schema(schema)

    assert list(Draft202012Validator(schema).iter_errors(parse("x", text.encode()).data))


def test_without_connectors_a_schema_still_fits_every_source(texts):
    validator = Draft202012Validator(config.json_schema("settings", {}))

    assert list(validator.iter_errors(parse("x", texts["veaf-sync.yaml"].encode()).data)) == []
