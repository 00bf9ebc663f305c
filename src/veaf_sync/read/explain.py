"""`explain`: why an item has its verdict, everything that was tried, and what would align it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from veaf_sync import mapping
from veaf_sync.errors import UsageError
from veaf_sync.model import ItemRef, Verdict
from veaf_sync.read import people
from veaf_sync.read.answer import Answer, Part
from veaf_sync.read.counting import why_not_counted
from veaf_sync.read.fixing import UNREADABLE_FIX, family
from veaf_sync.read.snapshot import Snapshot
from veaf_sync.store import Filters, Found

_CANDIDATES = 10
_PEOPLE = ("assignees", "all", "any", "not")
"""Keys of a condition whose seen value may name people."""


class Origins(Part):
    """A share of the item with where it comes from. `rule` is null for a statement."""

    objective: str
    share: float
    origin: str | None
    rule: str | None


class StatementRead(Part):
    """What somebody says on an item: the property it was read from, the value there, the objective it names.

    `dropped`: it does not count, as it names a closed objective where another statement names an active one.
    """

    reader: str
    value: str
    objective: str
    dropped: bool


class KeyTried(Part):
    """One key of a rule's condition: what it asks for, what stands on the item, whether it held."""

    key: str
    wanted: str
    seen: str
    held: bool


class RuleTried(Part):
    """A rule that was tried. `note` says why one whose keys all hold did not match, or was not asked."""

    rule: str
    matched: bool
    keys: list[KeyTried]
    note: str


class Walked(Part):
    """The item itself or an ancestor: what is stated there, the rules tried on it, what came of it (empty: nothing).

    `note` says why the walk ends below a parent that is named.
    """

    id: str
    key: str
    title: str
    statements: list[StatementRead]
    tried: list[RuleTried]
    result: str
    note: str = ""


class ExplainAnswer(Answer):
    """`tried` are the rules tried on the item itself, in order; `walked` begins with the item and ends with the one

    whose result it has. `counted_reason` says why an item is not counted: sub-task, out of scope, or container.
    `origin` is null where nothing was said, `rule` null for a statement and where none decided.
    """

    id: str
    source: str
    key: str
    title: str
    url: str
    counted: bool
    counted_reason: str
    copies: list[str]
    verdict: str
    alignments: list[Origins]
    origin: str | None
    rule: str | None
    exemption: str
    reason: str
    withdrawn: list[str]
    tried: list[RuleTried]
    walked: list[Walked]
    fix: str


def explain(snapshot: Snapshot, item: str) -> ExplainAnswer:
    """Why `item` (`source:KEY`, its URL, or a key that is unique) has its verdict.

    Raises `UsageError` where no item or more than one is meant, with the candidates.
    """
    found = one_item(snapshot, item)
    items = family(snapshot, pl.DataFrame({"source": [found.source], "id": [found.id]}))
    config = snapshot.config
    hierarchy = mapping.resolve(items, config.strategy, snapshot.mirrors)
    told = mapping.explain(
        found.ref, items, hierarchy, config.mapping, config.strategy, at=snapshot.run.at, tz=snapshot.zone
    )
    its = (pl.col("source") == found.source) & (pl.col("id") == found.id)
    here = items.drop("team").join(hierarchy, on=["source", "id"]).row(by_predicate=its, named=True)
    names = sorted({name for row in items["assignees"].to_list() for name in row}, key=len, reverse=True)
    walked = [_step(snapshot, step, names) for step in told.walked]
    walked[-1] = walked[-1].model_copy(update={"note": _parent_note(snapshot, told.walked[-1], items)})
    counted = _counted(snapshot, here, told.verdict)
    return ExplainAnswer(
        **snapshot.head,
        id=f"{found.source}:{told.key}",
        source=found.source,
        key=told.key,
        title=here["title"],
        url=here["url"],
        counted=counted,
        counted_reason="" if counted else why_not_counted(snapshot, here, items),
        copies=_copies(snapshot, found.source, found.id),
        verdict=told.verdict,
        alignments=[
            Origins(objective=row.objective, share=row.share, origin=row.origin or None, rule=row.rule or None)
            for row in sorted(told.alignments, key=lambda row: row.objective)
        ],
        origin=told.origin or None,
        rule=told.rule or None,
        exemption=told.exemption,
        reason=told.reason,
        withdrawn=sorted(told.withdrawn),
        tried=walked[0].tried,
        walked=walked,
        fix=UNREADABLE_FIX if told.verdict == Verdict.UNREADABLE.value else told.fix,
    )


def _copies(snapshot: Snapshot, source: str, id_: str) -> list[str]:
    """`source:KEY` of the items in other tools that are one work item with this original; none of a copy."""
    found = snapshot.mirrors.filter((pl.col("original_source") == source) & (pl.col("original_id") == id_))
    refs = [ItemRef(*row) for row in found.select("source", "id").iter_rows()]
    if not refs:
        return []
    rows = snapshot.store.items.families(snapshot.run.id, refs).select("source", "id", "key").rows()
    return sorted(f"{name}:{key}" for name, copy, key in rows if ItemRef(name, copy) in refs)


def one_item(snapshot: Snapshot, item: str, *, command: str = "explain") -> Found:
    """The item that a person's text means: `source:KEY`, a URL, or a key where it is unique. Raises `UsageError`."""
    found = snapshot.store.items.find(item, snapshot.run.id)
    if not found:
        raise UsageError(
            f"No item of run {snapshot.run.id} is called {item}.",
            fix="An item is source:KEY or its URL. veaf-sync items --all lists every known one.",
        )
    if len(found) > 1:
        named = [f"{one.source}:{one.key}" for one in found[:_CANDIDATES]]
        more = f" and {len(found) - _CANDIDATES} more" if len(found) > _CANDIDATES else ""
        raise UsageError(
            f"{item} may mean {len(found)} items: {', '.join(named)}{more}.", fix=f"veaf-sync {command} {named[0]}"
        )
    return found[0]


def _parent_note(snapshot: Snapshot, last: mapping.Step, items: pl.DataFrame) -> str:
    """Why nothing comes from the parent that the last item walked names; empty where it names none, or needs none."""
    its = (pl.col("source") == last.ref.source) & (pl.col("id") == last.ref.id)
    parent = items.row(by_predicate=its, named=True)["parent"]
    if last.result or not parent:
        return ""
    found = snapshot.store.items.find(parent, snapshot.run.id)
    if any(one.key == parent or one.key.casefold() != parent.casefold() for one in found):
        return f"its parent {parent} leads back to it in a ring; that link counts as absent, nothing is inherited"
    return f"its parent {parent} is in no source; nothing is inherited"


def _counted(snapshot: Snapshot, item: Mapping[str, Any], verdict: str) -> bool:
    """Whether the run counted the item, looked up among its like."""
    like = Filters(
        source=item["source"],
        partition=item["partition"],
        level=item["level"],
        team=(item["team"],),
        verdict=verdict,
    )
    return item["id"] in snapshot.store.results.list(snapshot.run.id, filters=like)["id"]


def _step(snapshot: Snapshot, step: mapping.Step, names: list[str]) -> Walked:
    def shown(key: str, text: str) -> str:
        if key not in _PEOPLE:
            return text
        for name in names:
            text = text.replace(name, people.show(snapshot, name))
        return text

    return Walked(
        id=f"{step.ref.source}:{step.key}",
        key=step.key,
        title=step.title,
        statements=[
            StatementRead(
                reader=said.reader,
                value=shown(said.reader, said.value),
                objective=said.objective,
                dropped=said.dropped,
            )
            for said in step.statements
        ],
        tried=[
            RuleTried(
                rule=rule.rule,
                matched=rule.matched,
                keys=[
                    KeyTried(key=key.key, wanted=key.wanted, seen=shown(key.key, key.seen), held=key.held)
                    for key in rule.keys
                ],
                note=rule.note,
            )
            for rule in step.tried
        ],
        result=step.result,
    )
