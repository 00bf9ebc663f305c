"""The three documents as text that people go on writing: every value quoted where it must be, its origin beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date

from veaf_sync.config import DOCUMENTS, MAPPING, SETTINGS, STRATEGY
from veaf_sync.drafting.entry import Entry
from veaf_sync.drafting.model import Draft, DraftObjective, DraftResult
from veaf_sync.text import clean

_PLAIN = re.compile(r"[A-Za-z]([\w./@:-]*[\w/])?( [\w./-]*[\w/])*", re.ASCII)
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_COLUMN = 41

Shares = Mapping[str, float]
"""Share of all counted items by a rule's name; of what people state under `""`."""


def texts(
    draft: Draft, entries: Iterable[Entry], *, organisation: str, timezone: str, origin: str, shares: Shares, day: date
) -> dict[str, str]:
    """The documents by name. `origin` says what they were drafted from."""
    return {
        SETTINGS: settings_text(entries, organisation=organisation, timezone=timezone),
        STRATEGY: strategy_text(draft, origin, day),
        MAPPING: mapping_text(draft, origin, shares),
    }


def settings_text(entries: Iterable[Entry], *, organisation: str, timezone: str) -> str:
    lines = [
        *_opening("settings", "Where the work is, and how it is counted. Relative paths count from this folder."),
        "version: 1",
        f"organisation: {_scalar(organisation)}",
        _beside(f"timezone: {_scalar(timezone)}", "days and periods are read in this zone"),
        "store: sqlite:///veaf-sync.db",
        _beside("period: current", "or 2026-Q4, 2026, {id, from, to}"),
        "sources:",
    ]
    listed = list(entries)
    if not listed:
        lines.append(
            "  # jira-main: {connector: jira, site: https://acme.atlassian.net, user: env:USER, token: env:TOKEN}"
        )
    for entry in listed:
        lines += [f"  {entry.name}:", f"    connector: {_scalar(entry.connector)}"]
        lines += [f"    {name}: {_value(value)}" for name, value in entry.settings.items()]
        if entry.writes:
            lines.append(
                _beside('    # tag: {label: "okr:{objective}"}', "where our tags will stand, once you want them")
            )
    return "\n".join(lines) + "\n"


def strategy_text(draft: Draft, origin: str, day: date) -> str:
    lines = [
        *_opening(
            "strategy", f"Drafted from {origin}. Every objective is a draft: figures are provisional, and no tag"
        ),
        "# is planned anywhere. Change, merge and delete; then: veaf-sync strategy activate [ID …]",
        "",
        "vision:",
        _beside('  title: ""', "one sentence: where you want to be"),
        "",
        "objectives:" if draft.objectives else "objectives: []",
    ]
    for objective in draft.objectives:
        lines += _objective(objective, day)
    return "\n".join(lines) + "\n"


def _objective(objective: DraftObjective, day: date) -> list[str]:
    lines = [
        _beside(f"  - id: {_scalar(objective.id)}", objective.why),
        f"    title: {_scalar(objective.title)}",
        "    state: draft",
    ]
    if objective.supports != "vision":
        lines.append(f"    supports: {_scalar(objective.supports)}")
    if objective.goal:
        lines.append(f"    goal: {_value(objective.goal if len(objective.goal) > 1 else objective.goal[0])}")
    if objective.accountable:
        lines.append(f"    accountable: {_scalar(objective.accountable)}")
    if objective.responsible:
        lines.append(f"    responsible: {_value(objective.responsible)}")
    if objective.planned_share is not None:
        lines.append(f"    planned_share: {objective.planned_share:g}")
    measurable = [result for result in objective.key_results if result.measurable]
    lines += [
        f"    # key result without a baseline and a target: {clean(each.title)}"
        for each in objective.key_results
        if not each.measurable
    ]
    if measurable:
        lines.append("    key_results:")
        for number, result in enumerate(measurable, 1):
            lines += _result(result, number, day)
    return lines


def _result(result: DraftResult, number: int, day: date) -> list[str]:
    parts = {"id": f"kr-{number}", "title": result.title, "unit": result.unit}
    said = [f"{name}: {_scalar(value)}" for name, value in parts.items() if value]
    said += [f"baseline: {result.baseline!r}", f"target: {result.target!r}"]
    if result.due is not None:
        said.append(f"due: {result.due.isoformat()}")
    if result.value is not None:
        said.append(f"values: [{{date: {day.isoformat()}, value: {result.value!r}}}]")
    return [f"      - {{{', '.join(said)}}}"]


def mapping_text(draft: Draft, origin: str, shares: Shares) -> str:
    lines = _opening("mapping", f"Which work serves which objective. Drafted from {origin}.")
    lines += [
        "# For each item, the first that says something: what people state on it, the rules in order, what is above it."
    ]
    if shares:
        lines.append("# A share is of all counted items, what inherits included.")
    lines.append("")
    if draft.readers:
        lines.append(_beside("stated:", _share(shares.get("", 0.0))) if shares else "stated:")
        for reader in draft.readers:
            pattern = f", pattern: {_quoted(reader.pattern)}" if reader.pattern else ""
            lines.append(f"  - {{from: {_scalar(reader.from_)}{pattern}}}")
        lines.append("")
    lines.append("rules:" if draft.rules else "rules: []")
    for rule in draft.rules:
        name = f"  - name: {_scalar(rule.name)}"
        lines.append(_beside(name, _share(shares.get(rule.name, 0.0))) if shares else name)
        lines.append(
            f"    when: {{{', '.join(f'{_scalar(key)}: {_scalar(value)}' for key, value in rule.when.items())}}}"
        )
        lines.append(f"    objective: {_scalar(rule.objective)}")
    if draft.left:
        lines += ["", "# Seen, and leading nowhere yet:", *[f"#   {clean(line)}" for line in draft.left]]
    return "\n".join(lines) + "\n"


def _opening(document: str, says: str) -> list[str]:
    return [f"# yaml-language-server: $schema=.schema/{document}.json", "#", f"# {clean(says)}"]


def _share(share: float) -> str:
    return f"{share * 100:.1f} %"


def _beside(text: str, comment: str) -> str:
    return f"{text:<{_COLUMN}}# {clean(comment)}" if len(text) < _COLUMN else f"{text}  # {clean(comment)}"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(str(name))}: {_value(each)}" for name, each in value.items()) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _scalar(str(value))


def _scalar(text: str) -> str:
    """A text that YAML reads back as the same text."""
    return text if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS else _quoted(text)


def _quoted(text: str) -> str:
    """In double quotes, as YAML reads it; what cannot be seen is an escape, and what cannot be stored is left out."""
    return json.dumps("".join(map(_storable, text)), ensure_ascii=False).translate(_Unseen())


def _storable(char: str) -> str:
    return "" if char == "\0" or "\ud800" <= char <= "\udfff" else char


class _Unseen(dict[int, str]):
    """For `translate`: what has no shape of its own as YAML's eight-digit escape."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        return char if char.isprintable() else f"\\U{code:08x}"


__all__ = ["DOCUMENTS", "Shares", "mapping_text", "settings_text", "strategy_text", "texts"]
