"""What a good configuration becomes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from veaf_sync import config
from veaf_sync.errors import ConfigError, UserError


def test_the_smallest_configuration_has_the_documented_defaults(write, documents, connectors, at):
    loaded = config.load(write(documents), connectors, at=at)

    settings = loaded.settings
    assert (settings.version, settings.organisation, settings.timezone) == (1, "Example Ltd", "UTC")
    assert (settings.store, settings.period, settings.fiscal_year_starts) == ("sqlite:///veaf-sync.db", "current", 1)
    assert (settings.scope.open, settings.scope.completed_in) == (True, "period")
    assert (settings.allocation.weight, settings.allocation.tolerance) == ("count", 0.05)
    assert (settings.stalled_after, settings.people) == (14, "pseudonyms")
    assert settings.sources["hub"].lag == timedelta(minutes=10)
    assert loaded.findings == ()
    assert loaded.timezone == ZoneInfo("UTC")


def test_texts_are_kept_as_read_in_a_stable_order(write, documents, connectors, at):
    documents["strategy.yaml"] = "# a comment\n\n" + documents["strategy.yaml"]
    loaded = config.load(write(dict(reversed(documents.items()))), connectors, at=at)

    assert list(loaded.texts) == ["veaf-sync.yaml", "strategy.yaml", "mapping.yaml"]
    assert loaded.texts == documents


def test_stored_documents_load_like_files(write, documents, connectors, at):
    folder = write(documents)
    from_files = config.load(folder, connectors, at=at)

    from_texts = config.load_texts(from_files.texts, connectors, at=at, folder=folder)

    assert from_texts == from_files


def test_relative_paths_and_zones_reach_the_sources(write, documents, connectors, at):
    documents["veaf-sync.yaml"] = "timezone: Europe/Berlin\n" + documents["veaf-sync.yaml"] + "    path: in/*.csv\n"
    folder = write(documents)

    source = config.load(folder, connectors, at=at).settings.sources["hub"]

    assert source.path == str(folder.resolve() / "in" / "*.csv")
    assert source.zone == "Europe/Berlin"


def test_a_secret_in_a_file_counts_from_the_configuration(write, documents, connectors, at, monkeypatch, tmp_path):
    documents["veaf-sync.yaml"] = documents["veaf-sync.yaml"].replace("env:BOARD_TOKEN", "file:secrets/token")
    folder = write(documents)
    source = config.load(folder, connectors, at=at).settings.sources["hub"]
    (folder / "secrets").mkdir()
    (folder / "secrets" / "token").write_text("hunter2-from-a-file\n", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    assert source.token.reveal() == "hunter2-from-a-file"


def test_keys_without_a_value_are_as_good_as_absent(write, documents, connectors, at):
    documents["mapping.yaml"] = "stated:\nrules:\n"
    documents["veaf-sync.yaml"] = "period:\n" + documents["veaf-sync.yaml"]

    loaded = config.load(write(documents), connectors, at=at)

    assert (loaded.mapping.rules, loaded.mapping.stated, loaded.settings.period) == ((), (), "current")


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "rules: []\n", "\ufeffrules: []\n"])
def test_a_mapping_may_say_nothing(write, documents, connectors, at, text):
    documents["mapping.yaml"] = text

    assert config.load(write(documents), connectors, at=at).mapping.rules == ()


def test_dates_that_look_like_numbers_and_words_that_look_like_truth_stay_texts(write, documents, connectors, at):
    documents["mapping.yaml"] = (
        "rules: [{name: yes, when: {milestones: 2026-11-24, labels: [on, no]}, objective: fast}]"
    )

    (rule,) = config.load(write(documents), connectors, at=at).mapping.rules

    assert rule.name == "yes"
    assert rule.model_dump()["when"] == {"milestones": "2026-11-24", "labels": ["on", "no"]}


def test_all_worked_cases_load(shared, at):
    from veaf_sync_file.connector import FileConnector

    cases = sorted(path for path in (shared / "cases").iterdir() if path.is_dir())
    assert len(cases) >= 17
    for case in cases:
        loaded = config.load(case, {"file": FileConnector}, at=at)
        assert loaded.settings.organisation == f"Case {case.name[:2]}"
        assert all(Path(source.path).is_file() for source in loaded.settings.sources.values())


def test_findings_stop_nothing_and_know_their_lines(write, documents, connectors, at):
    documents["strategy.yaml"] += "  - {id: old, state: closed}\n  - {id: below, supports: old}\n"
    documents["mapping.yaml"] += """\
  - {name: lost, when: {type: Task}, objective: nowhere}
  - name: other tool
    when:
      any:
        - {source: [HUB, hubb]}
        - {not: {source: {in: [plant]}}}
        - {source: {glob: "h*"}}
    objective: fast
  - {name: over, when: {type: Spike}, exempt: {class: ktlo, owner: ops, reason: Pager., until: 2026-11-23, budget: 0.2}}
"""
    loaded = config.load(write(documents), connectors, at=at)

    assert {finding.severity for finding in loaded.findings} == {"finding"}
    assert [(Path(finding.file).name, finding.line, finding.where) for finding in loaded.findings] == [
        ("strategy.yaml", 6, "objectives.below"),
        ("mapping.yaml", 5, "rules.lost"),
        ("mapping.yaml", 9, "rules.other tool"),
        ("mapping.yaml", 10, "rules.other tool"),
        ("mapping.yaml", 13, "rules.over"),
    ]
    unknown, plant = loaded.findings[2:4]
    assert (unknown.what, unknown.hint) == ("hubb is no configured source.", "Did you mean hub?")
    assert (plant.what, plant.hint) == ("plant is no configured source.", "Configured: hub.")


def test_the_last_day_of_an_exemption_is_decided_in_the_configured_zone(write, documents, connectors, at):
    rule = "{name: x, when: {}, exempt: {class: k, owner: o, reason: R., until: 2026-11-24, budget: 0.2}}"
    documents["mapping.yaml"] = f"rules: [{rule}]"
    evening = at.replace(hour=20)

    assert not config.load(write(documents), connectors, at=evening).findings
    documents["veaf-sync.yaml"] += "timezone: Asia/Tokyo\n"
    assert config.load(write(documents), connectors, at=evening).findings


# --- where it is -----------------------------------------------------------------------------------


@pytest.fixture
def no_variable(monkeypatch):
    monkeypatch.delenv("VEAF_SYNC_DIR", raising=False)


@pytest.mark.usefixtures("no_variable")
def test_the_folder_is_config_then_here_then_the_parents(tmp_path, monkeypatch):
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    with pytest.raises(UserError, match=r"no veaf-sync\.yaml") as failure:
        config.find_folder(None)
    assert "veaf-sync init" in failure.value.fix

    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "veaf-sync.yaml").touch()
    assert config.find_folder(None).resolve() == tmp_path / "config"
    (tmp_path / "a" / "veaf-sync.yaml").touch()
    assert config.find_folder(None).resolve() == tmp_path / "a"
    (deep / "veaf-sync.yaml").touch()
    assert config.find_folder(None).resolve() == deep
    (deep / "config").mkdir()
    (deep / "config" / "veaf-sync.yaml").touch()
    assert config.find_folder(None) == Path("config")


def test_a_named_folder_beats_the_variable_and_the_variable_the_search(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("config", "named", "variable"):
        (tmp_path / name).mkdir()
    (tmp_path / "config" / "veaf-sync.yaml").touch()
    monkeypatch.setenv("VEAF_SYNC_DIR", "variable")

    assert config.find_folder(None) == Path("variable")
    assert config.find_folder(Path("named")) == Path("named")
    with pytest.raises(UserError, match="absent is no folder"):
        config.find_folder(Path("absent"))


def test_a_configuration_that_is_not_there_names_every_file(write, documents, connectors, at):
    del documents["strategy.yaml"], documents["mapping.yaml"]

    with pytest.raises(ConfigError) as failure:
        config.load(write(documents), connectors, at=at)

    assert [problem.file for problem in failure.value.problems] == ["config/strategy.yaml", "config/mapping.yaml"]
    assert {problem.what for problem in failure.value.problems} == {"the file is missing."}
    assert {problem.hint for problem in failure.value.problems} == {"veaf-sync init example writes one to start from."}

    Path("empty").mkdir()
    with pytest.raises(ConfigError) as failure:
        config.load(Path("empty"), connectors, at=at)
    assert [problem.hint for problem in failure.value.problems] == ["veaf-sync init empty writes it."] * 3
