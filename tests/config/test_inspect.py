"""What `check` is told: everything that can be known at once, errors before findings, this machine included."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from veaf_sync import config

SETTINGS = """\
version: 1
stalled_after: often
store: sqlite:///veaf-sync.db
sources:
  hub:
    connector: board
    token: env:BOARD_TOKEN_OF_NOBODY
"""
STRATEGY = """\
vision: {title: Every order arrives}
teams:
  payments: {members: many}
objectives:
  - {id: a, supports: b, title: [no, text]}
  - {id: b, supports: a}
  - {id: c, planned_share: 0.8, responsible: [paymets, Payments], key_results: [{id: k, baseline: x, target: 1},
      {id: k, baseline: 1, target: 2}]}
  - {id: d, planned_share: 0.7, state: activ}
  - {title: nameless, supports: nowhere}
"""
MAPPING = """\
stated: [{from: nothing}]
rules:
  - {name: one, when: {typ: Bug}, objective: cc}
  - {name: one, when: {team: [payments, shopp], source: hubb}, objective: c}
  - {name: two, when: {}, exempt: {class: k, owner: 7, reason: r, until: 2026-11-01, budget: 0.1}}
  - just words
golden:
  - {item: "hub:A-1", objective: dd}
  - {item: "hub:A-1", objective: c}
  - {item: "hud:A-2", objective: none}
  - {item: A-3, objective: none}
"""


@pytest.fixture
def inspect(write, documents, connectors, at):
    """`inspect(**{"mapping.yaml": …})`: what is told about a configuration with these texts."""

    def inspect(**texts):
        return config.inspect(write({**documents, **texts}), connectors, at=at)

    return inspect


def test_no_mistake_hides_another_and_errors_come_first(inspect):
    seen = inspect(**{"veaf-sync.yaml": SETTINGS, "strategy.yaml": STRATEGY, "mapping.yaml": MAPPING})

    assert seen.config is None
    assert [
        (found.severity, Path(found.file).stem, found.line, found.where, found.what) for found in seen.problems
    ] == [
        ("error", "veaf-sync", 2, "stalled_after", "a whole number is expected."),
        ("error", "veaf-sync", 5, "sources.hub", "site is missing."),
        ("error", "strategy", 3, "teams.payments.members", "a whole number is expected."),
        ("error", "strategy", 5, "objectives.a.title", "a text is expected."),
        ("error", "strategy", 5, "objectives.a", "it supports itself in a ring: a → b → a."),
        ("error", "strategy", 7, "objectives.c.key_results.k.baseline", "a number is expected."),
        ("error", "strategy", 8, "objectives.c.key_results.k", "this id is there twice."),
        ("error", "strategy", 9, "objectives.d.state", "activ is not possible."),
        ("error", "strategy", 10, "objectives.5", "id is missing."),
        ("error", "strategy", 10, "objectives.5", "supports names nowhere, which is no objective."),
        (
            "error",
            "mapping",
            1,
            "stated.1.from",
            "nothing cannot carry statements.",
        ),
        ("error", "mapping", 3, "rules.one.when.typ", "typ is not a property."),
        ("error", "mapping", 4, "rules.one.name", "rule 1 is called 'one' already: names tell rules apart."),
        ("error", "mapping", 5, "rules.two.exempt.owner", "a text is expected."),
        ("error", "mapping", 6, "rules.4", "a mapping is expected (name: value)."),
        ("finding", "veaf-sync", 7, "sources.hub.token", "env:BOARD_TOKEN_OF_NOBODY is not set."),
        ("finding", "strategy", 4, "objectives", "the planned shares of what supports vision add up to 150 %."),
        ("finding", "strategy", 7, "objectives.c", "responsible names paymets, which is no team."),
        ("finding", "mapping", 3, "rules.one", "objective cc is unknown."),
        ("finding", "mapping", 4, "rules.one", "hubb is no configured source."),
        ("finding", "mapping", 4, "rules.one", "shopp is no team of strategy.yaml."),
        ("finding", "mapping", 8, "golden.1", "objective dd is unknown."),
        ("finding", "mapping", 9, "golden.2", "hub:A-1 stands here twice, with dd and c."),
        ("finding", "mapping", 10, "golden.3", "hud is no configured source."),
        ("finding", "mapping", 11, "golden.4", "A-3 names no source."),
    ]
    hints = {found.what: found.hint for found in seen.problems}
    assert hints["responsible names paymets, which is no team."] == "Did you mean payments?"
    assert hints["A-3 names no source."] == "Write hub:A-3"


def test_a_file_that_is_no_yaml_makes_nobody_suspect_the_names_in_it(inspect):
    seen = inspect(
        **{"strategy.yaml": "objectives: [", "mapping.yaml": "rules:\n  - {name: x, when: {}, objective: y}\n"}
    )

    assert [found.what for found in seen.problems if found.severity == "error"] == [
        "a value is missing here, or a bracket is not closed."
    ]
    assert [found for found in seen.problems if "mapping" in found.file] == []


def test_where_no_team_is_declared_names_of_teams_are_just_names(inspect, monkeypatch):
    monkeypatch.setenv("BOARD_TOKEN", "hunter2")
    strategy = "vision: {title: t}\nobjectives: [{id: fast, responsible: anybody}, {id: cheap}]\n"

    seen = inspect(
        **{"strategy.yaml": strategy, "mapping.yaml": "rules: [{name: x, when: {team: any}, objective: fast}]\n"}
    )

    assert (seen.problems, seen.config is not None) == ((), True)


STORES = [
    ("sqlite:///gone/veaf.db", "its folder CONFIG/gone is not there.", "mkdir -p CONFIG/gone"),
    ("sqlite:///taken", "CONFIG/taken is a folder; a store is a file.", "Example: sqlite:///veaf-sync.db"),
    ("sqlite:///closed/veaf.db", "CONFIG/closed cannot be written by this user.", "chmod u+w CONFIG/closed"),
]


@pytest.mark.parametrize(("store", "what", "hint"), STORES)
def test_a_store_that_could_not_be_written_is_found_before_the_first_run(
    inspect, write, documents, monkeypatch, store, what, hint
):
    monkeypatch.setenv("BOARD_TOKEN", "hunter2")
    folder = write({}).resolve()
    (folder / "taken").mkdir()
    (folder / "closed").mkdir(mode=0o500)
    if "closed" in store and os.access(folder / "closed", os.W_OK):
        pytest.skip("this user may write everywhere")

    (found,) = inspect(**{"veaf-sync.yaml": documents["veaf-sync.yaml"] + f"store: {store}\n"}).problems

    assert (found.severity, found.line, found.where) == ("finding", 8, "store")
    assert (found.what, found.hint) == (what.replace("CONFIG", str(folder)), hint.replace("CONFIG", str(folder)))


def test_what_a_secret_holds_is_never_told(inspect, write, documents):
    folder = write({"token": "hunter2"})
    (folder / "token").chmod(0o644)

    (found,) = inspect(
        **{"veaf-sync.yaml": documents["veaf-sync.yaml"].replace("env:BOARD_TOKEN", "file:token")}
    ).problems

    assert found.what == "file:token can be read by others on this machine."
    assert found.hint == f"chmod 600 {folder.resolve() / 'token'}"
    assert "hunter2" not in repr(found)
