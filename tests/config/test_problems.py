"""What people get to read when something is wrong: all of it, each with its line and what helps."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veaf_sync import config
from veaf_sync.errors import ConfigError


def words(text: str) -> str:
    """The text without the blanks that align it."""
    return re.sub(r" {2,}", "  ", text.replace("\n\n", "\n")).strip()


def test_every_problem_of_all_three_files_is_told_at_once(write, connectors, at):
    folder = write(
        {
            "veaf-sync.yaml": """\
version: 1
timezone: Europe/Berlim
people: nickname
sources:
  hub:
    connector: board
    tokn: env:BOARD_TOKEN
    token: env:BOARD_TOKEN
    freshness: {warn_after: a day}
  jira-main:
    connector: jira
    site: https://acme.atlassian.net
  other: {connector: githb}
""",
            "strategy.yaml": """\
vision: {title: Every order arrives, horizon: someday}
objectives:
  - {id: a, supports: b}
  - {id: b, supports: a}
  - {id: c, supports: d, planned_share: 30}
  - {id: c, key_results: [{id: k, baseline: 1}]}
""",
            "mapping.yaml": """\
rules:
  - {name: one, when: {typ: Bug}, objective: a}
  - {name: two, when: {title: {regex: "(?<=x)y"}}, objective: a}
  - {name: one, when: {}, split: {a: 0.5, b: 0.6}}
  - {name: three, when: {}}
""",
        }
    )

    with pytest.raises(ConfigError) as failure:
        config.load(folder, connectors, at=at)

    assert words(str(failure.value)) == words(
        """\
config/veaf-sync.yaml: 7 problems. Nothing was read or written.
  line 2  timezone: Europe/Berlim is no time zone.  Did you mean Europe/Berlin?
  line 3  people: nickname is not possible.  Did you mean names?
  line 5  sources.hub: site is missing.  Example: site: https://board.example
  line 7  sources.hub: tokn is not a setting.  Did you mean token?
  line 9  sources.hub.freshness.warn_after: a duration is a number and s, m, h or d, such as 26h.
  line 11  sources.jira-main: connector jira is not installed.  \
Installed: board, file. Install with: pip install veaf-sync-jira
  line 13  sources.other: connector githb is not installed.  Installed: board, file.
config/strategy.yaml: 6 problems. Nothing was read or written.
  line 1  vision.horizon: a date is expected.  Example: 2026-12-31
  line 3  objectives.a: it supports itself in a ring: a → b → a.  Let one of them support vision.
  line 5  objectives.c.planned_share: a share lies between 0 and 1, such as 0.30 for 30 %.
  line 5  objectives.c: supports names d, which is no objective.  \
Objectives support vision or another objective's id.
  line 6  objectives.c.key_results.k: target is missing.  Example: target: 0.5
  line 6  objectives.c: this id is there 2 times.  Give each objective an id of its own.
config/mapping.yaml: 5 problems. Nothing was read or written.
  line 2  rules.one.when.typ: typ is not a property.  Did you mean type?
  line 3  rules.two.when.title.regex: the regular expression '(?<=x)y' does not compile: \
look-around, including look-ahead and look-behind, is not supported.
  line 4  rules.one.split: the shares of a split sum to 1, these to 1.1.
  line 4  rules.one.name: rule 1 is called 'one' already: names tell rules apart.
  line 5  rules.three: a rule says exactly one of objective, split and exempt: it has none of them.
"""
    )


# --- settings --------------------------------------------------------------------------------------

SOURCES = "sources: {hub: {connector: board, site: https://b.example, token: 'env:X'}}\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("version: 2", "version: 2 is not possible.  One of: 1."),
        ("organisation: 2026", "organisation: a text is expected.  Put it in quotes."),
        ("stalled_after: often", "stalled_after: a whole number is expected."),
        ("stalled_after: 0", "stalled_after: at least 1 is expected."),
        ("stalled_after: 99999999999999999999", "stalled_after: at most 3650 is expected."),
        ("version: '1'", "version: 1 in quotes is a text.  Take the quotes away."),
        ("allocation: {tolerance: 5%}", "a number is expected.  A part of 1, such as 0.30 for 30 %."),
        ("stalled_after: 1.5", "stalled_after: a whole number is expected."),
        ("fiscal_year_starts: 13", "fiscal_year_starts: at most 12 is expected."),
        ("period: soon", "period: a period is current, a quarter (2026-Q4)"),
        ("period: {id: x, from: 2026-01-01}", "period: to is missing.  Example: to: 2026-12-31"),
        ("period: {id: x, from: 2026-01-01, to: 2026-02-01, til: 1}", "period: til is not a setting."),
        ("period: {id: x, from: 2026-02-01, to: 2026-01-01}", "period: the period x ends before it starts."),
        ("scope: all", "scope: a mapping is expected (name: value)."),
        ("scope: {opn: true}", "scope: opn is not a setting.  Did you mean open?"),
        ("scope: {open: perhaps}", "scope.open: true or false is expected."),
        (
            "allocation: {weight: money}",
            "allocation.weight: money is not possible.  One of: count, points, hours, people.",
        ),
        ("allocation: {tolerance: .nan}", "allocation.tolerance:"),
        ("store: veaf.db", "store: a store is sqlite:///FILE or postgresql://user@host/database."),
        ("store: mysql://host/db", "store: a store is sqlite:///FILE"),
        ("zzz: 1", "zzz is not a setting.  There are: allocation, fiscal_year_starts,"),
        ("timezone: Mars/Base", "timezone: Mars/Base is no time zone."),
        ("timezone: ../../etc/passwd", "timezone: ../../etc/passwd is no time zone."),
    ],
)
def test_settings(problems, line, said):
    (problem,) = problems(settings=SOURCES + "version: 1\n" * ("version" not in line) + line + "\n")

    assert said in str(problem)
    assert problem.line == (2 if "version" in line else 3)


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ("", "sources is missing.  Example: sources: {jira-main:"),
        ("sources: {}", "sources: name at least one source."),
        ("sources: [a]", "sources: a mapping is expected (name: value)."),
        ("sources: {hub: board}", "sources.hub: a mapping is expected (name: value).  Example: {connector: file"),
        ("sources: {hub: {site: x}}", "sources.hub: connector is missing.  Installed: board, file."),
        ("sources: {hub: {connector: [x]}}", "sources.hub: connector: a name is expected."),
        ("sources: {hub: {connector: bord}}", "connector bord is not installed.  Did you mean board?"),
        ("sources: {hub: {connector: jiira}}", "Installed: board, file. Install with: pip install veaf-sync-jira"),
        ('sources: {"a:b": {connector: file}}', "sources: 'a:b' is no name"),
        ("sources: {hub: {connector: file, levels: {epics: Epic}}}", "epics is not possible.  Did you mean epic?"),
        ("sources: {hub: {connector: file, tag: {label: okr}}}", "sources.hub.tag.label: a tag needs {objective} once"),
        ("sources: {hub: {connector: file, guards: {clears: {share: 2}}}}", "clears.share: at most 1 is expected."),
        ("sources: {hub: {connector: file, lag: 999999999999d}}", "a duration this long has no end.  Example: 26h"),
        ("sources: {hub: {connector: file, census_every: 0}}", "census_every: at least 1 is expected."),
    ],
)
def test_sources(problems, sources, said):
    (problem,) = problems(settings=f"version: 1\n{sources}\n")

    assert said in str(problem)
    assert problem.line == (2 if sources else 0)


# --- strategy and mapping --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("objective", "said"),
    [
        ("{id: vision}", "objectives.vision: vision is a reserved word"),
        ("{id: none}", "objectives.none: none is a reserved word"),
        ("{id: two words}", "objectives.two words.id: an id is one word"),
        ("{title: no id}", "objectives.2: id is missing."),
        ("{id: x, state: activ}", "objectives.x.state: activ is not possible.  Did you mean active?"),
        ("{id: x, suports: fast}", "objectives.x: suports is not a key.  Did you mean supports?"),
        ("{id: x, supports: fsat}", "supports names fsat, which is no objective.  Did you mean fast?"),
        ("{id: x, supports: x}", "it supports itself in a ring: x → x."),
        ("{id: fast}", "objectives.fast: this id is there 2 times."),
        ("{id: x, period: Q9}", "objectives.x.period: a period is current"),
        ("{id: x, key_results: [{id: k, baseline: 1, target: 1}]}", "baseline and target are the same"),
        ("{id: x, key_results: [{id: k, baseline: .inf, target: 1}]}", "key_results.k.baseline: a finite number"),
        ("{id: x, key_results: {id: k}}", "objectives.x.key_results: a list is expected."),
        ("just words", "objectives.2: a mapping is expected (name: value)."),
    ],
)
def test_strategy(problems, objective, said):
    (problem,) = problems(strategy=f"vision: {{title: t}}\nobjectives:\n  - {{id: fast}}\n  - {objective}\n")

    assert said in str(problem)
    assert problem.line == 4


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{when: {}, objective: fast}", "rules.2: name is missing."),
        ("{name: bugs, when: {}, objective: fast}", "rules.bugs.name: rule 1 is called 'bugs' already"),
        ("{name: x, objective: fast}", "rules.x: when is missing."),
        ("{name: x, when: {}, split: {fast: 0.5}}", "rules.x.split: the shares of a split sum to 1, these to 0.5."),
        ("{name: x, when: {title: {regex: '('}}, objective: fast}", "rules.x.when.title.regex:"),
        ("{name: x, when: {title: {regex: '(a)\\1'}}, objective: fast}", "does not compile"),
        ("{name: x, when: {labels: {near: y}}, objective: fast}", "near is not an operator of labels."),
        ("{name: x, when: {any: []}, objective: fast}", "rules.x.when.any"),
        ("{name: x, when: {}, objective: '{theme}-growth'}", "is no named group of a regex in when"),
        ("{name: x, when: {}, exempt: {class: k, owner: o, reason: r, budget: 1}}", "until is missing.  Example:"),
        ("{name: x, when: {}, exempt: {class: k, owner: o, reason: r, until: soon, budget: 1}}", "a date is expected."),
        ("{name: x, when: {}, objective: {fast}}", "rules.x.objective: a text is expected."),
    ],
)  # fmt: skip
def test_mapping(problems, rule, said):
    (problem,) = problems(mapping=f"rules:\n  - {{name: bugs, when: {{}}, objective: cheap}}\n  - {rule}\n")

    assert said in str(problem)
    assert problem.line == 3


# --- YAML ------------------------------------------------------------------------------------------

BOMB = "a: &a [x, x]\n" + "".join(
    f"{n}: &{n} [*{chr(ord(n) - 1)}, *{chr(ord(n) - 1)}]\n" for n in "bcdefghijklmnopqrst"
)


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (BOMB, 1, "anchors (&name) are not read."),
        ("rules: *all", 1, "aliases (*name) are not read."),
        ("stated: []\nrules: " + "[" * 100_000, 2, "more than 50 levels inside each other."),
        ("rules: " + "{a: " * 60, 1, "more than 50 levels"),
        ("x: " + "a" * 2_000_000, 0, "the file is larger than 1 MB."),
        (b"rules: []\n\xff\xfe\x00", 2, "this is not UTF-8."),
        (b"\x7fELF\x02\x01\x01\x00" + bytes(1_000), 1, "a control character that YAML does not allow."),
        ("stated: []\nstated: []\nstated: []\n", 2, "stated is there twice.  Its first place is line 1."),
        ("rules:\n  - {name: x, name: y, when: {}, objective: a}\n", 2, "rules.1: name is there twice."),
        ("rules:\n\t- x\n", 2, "a tab stands where YAML wants blanks."),
        ("rules: [\n  {name: x}\n", 1, "a bracket is not closed, or a comma is missing."),
        ("rules: [", 1, "a value is missing here, or a bracket is not closed."),
        ('rules:\n  - name: "x\n    when: {}\n', 2, "a quotation mark is not closed."),
        ("rules: a: b\n", 1, "a colon too many, or the line is indented too far."),
        ("rules:\n  - a: 1\n b: 2\n", 3, "the indentation does not fit the lines above."),
        ("rules: []\nstated\n", 2, "a name without a colon behind it."),
        ("rules: @home\n", 1, "a text that starts with @ needs quotes."),
        ('rules: "\\\\d"\n'.replace("\\\\", "\\"), 1, "a backslash in double quotes stands for something."),
        ("rules: [{objective: {{theme}}-growth}]\n", 1, "a mapping or list stands where a name is expected."),
        ("rules: !!python/object/apply:os.system [id]\n", 1, "tags (!name) are not read."),
        ("rules: []\n---\nrules: []\n", 2, "a second document starts here."),
        ("- rules\n", 1, "a mapping is expected (name: value)."),
        ("rules\n", 1, "a mapping is expected (name: value)."),
        ('rules: "\\0"\n', 1, "a character that no database can hold"),
        ('rules: "\\ud800"\n', 1, "a character that no database can hold"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 60 else "",
)
def test_what_is_no_good_yaml_is_told_by_line(write, documents, connectors, at, content, line, said):
    documents["mapping.yaml"] = content

    with pytest.raises(ConfigError) as failure:
        config.load(write(documents), connectors, at=at)

    problem = failure.value.problems[0]
    assert said in str(problem)
    assert (problem.file, problem.line) == ("config/mapping.yaml", line)
    assert len(str(failure.value)) < 2_000


def test_a_mapping_that_cannot_be_read_hides_no_problem_of_the_others(problems):
    found = problems(mapping="rules: [", settings="version: 1\nsources: {}\n", strategy="vision: {}\n")

    assert [problem.file for problem in found] == ["veaf-sync.yaml", "strategy.yaml", "mapping.yaml"]


def test_a_thousand_problems_are_cut_off(problems):
    assert len(problems(mapping="rules: []\n" * 1_000)) == 100
    found = problems(mapping="".join(f"k{number}: 1\n" for number in range(1_000)))
    assert (len(found), found[-1].line, found[-1].what) == (101, 101, "900 more problems from here on.")


def test_what_is_no_file_is_said_and_not_opened(write, documents, connectors, at):
    del documents["mapping.yaml"]
    folder = write(documents)
    (folder / "mapping.yaml").mkdir()

    with pytest.raises(ConfigError, match="the file cannot be read: it is no file"):
        config.load(folder, connectors, at=at)


# --- laws ------------------------------------------------------------------------------------------

SECRETS = st.text(st.characters(categories=("L", "N"), max_codepoint=0x2FF), min_size=8, max_size=60)
PLACES = [
    "token: SECRET",
    "write_token: SECRET",
    "tokn: SECRET",
    "token: [SECRET]",
    "token: {cmd: SECRET}",
    "token: {cmd: [SECRET, 1]}",
    "token: {SECRET}",
    "token: {SECRET: SECRET}",
    "token: 'pass:SECRET'",
    "password: SECRET",
    "token: env:X\n    api_key: SECRET",
    "token: SECRET\n    token: SECRET",
    "token: SECRET: SECRET",
    "token: 'SECRET",
    "token: &SECRET x",
    "token: *SECRET",
    "token: !SECRET x",
    "token: %SECRET",
    "token: env:X\nstore: postgresql://me:SECRET@db/veaf",
    "token: env:X\nstore: postgresql://db/veaf?user=me&password=SECRET",
]
SETTINGS = "version: 1\nsources:\n  hub:\n    connector: board\n    site: https://b.example\n    PLACE\n"


@settings(max_examples=100, deadline=None)
@given(secret=SECRETS, place=st.sampled_from(PLACES))
def test_a_literal_secret_is_refused_and_never_repeated(secret, place, texts, connectors, at):
    text = SETTINGS.replace("PLACE", place.replace("SECRET", secret))

    with pytest.raises(ConfigError) as failure:
        config.load_texts({**texts, "veaf-sync.yaml": text}, connectors, at=at)

    assert secret not in str(failure.value)
    assert secret not in repr(failure.value.problems)


@settings(max_examples=150, deadline=None)
@given(document=st.sampled_from(config.DOCUMENTS), cut=st.integers(0, 400), noise=st.text(max_size=12))
def test_whatever_the_files_hold_loading_ends_in_a_configuration_or_in_problems_with_lines(
    document, cut, noise, texts, connectors, at
):
    """No other exception, and no problem without a place, wherever noise lands in a good document."""
    text = texts[document]
    noisy = (text[: cut % len(text)] + noise + text[cut % len(text) :]).encode("utf-8", "ignore").decode()
    try:
        config.load_texts({**texts, document: noisy}, connectors, at=at)
    except ConfigError as error:
        for problem in error.problems:
            assert problem.line or "is missing" in problem.what
            assert problem.what
