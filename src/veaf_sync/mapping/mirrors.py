"""One work item that lives in two tools: which of its copies counts, and what the others say for it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from veaf_sync.frames import MIRRORS
from veaf_sync.mapping.combine import CODE
from veaf_sync.mapping.decision import Judge, Ledger
from veaf_sync.mapping.document import NONE
from veaf_sync.model import Verdict

_Item = tuple[str, str]


def mirrors(linked: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """MIRRORS from LINKED: every copy with its original, the copy in the source that stands first in `order`.

    Two items are copies where a field says so, or where one names the other's address and both are called alike, case,
    spaces and punctuation aside. Copies of copies are copies; of one source there is at most one among them.
    """
    groups: dict[_Item, set[_Item]] = {}
    for source, item, title, other_source, other, other_title, by_field in linked.sort(linked.columns).iter_rows():
        if not by_field and (not _plain(title) or _plain(title) != _plain(other_title)):
            continue
        mine, theirs = (groups.setdefault(each, {each}) for each in ((source, item), (other_source, other)))
        if mine is theirs or {name for name, _ in mine} & {name for name, _ in theirs}:
            continue
        mine |= theirs
        groups |= dict.fromkeys(theirs, mine)
    rank = {name: place for place, name in enumerate(order)}
    rows = []
    for group in {id(group): group for group in groups.values()}.values():
        original, *copies = sorted(group, key=lambda item: (rank.get(item[0], len(rank)), item))
        rows += [(*copy, *original) for copy in copies]
    return pl.DataFrame(rows, schema=MIRRORS, orient="row").sort(MIRRORS.names())


def _plain(title: str) -> str:
    return re.sub(r"[\W_]+", "", title.casefold())


def speak_for(
    stated: pl.Series, ruled: pl.Series, parents: pl.Series, mirror: pl.Series, judge: Judge, ledger: Ledger
) -> tuple[pl.Series, pl.Series]:
    """`stated` and `ruled` with the originals speaking for their copies, which have no result of their own then.

    What people state on any copy counts for all: two different objectives are ambiguous. Where nobody states
    anything, the original's rule counts, else the first copy's.
    """
    groups: dict[int, list[int]] = {}
    for row in mirror.arg_true():
        if (original := parents[row]) is not None:
            groups.setdefault(original, [original]).append(row)
    if not groups:
        return stated, ruled
    said: dict[int, int | None] = {}
    by_rule: dict[int, int | None] = {}
    for original, members in groups.items():
        names = [_named(ledger, stated[row]) for row in members if stated[row] is not None]
        said[original] = stated[original]
        if any(stated[row] is not None for row in members[1:]):
            said[original] = ledger.code(judge.stated(frozenset().union(*names)))
        by_rule[original] = next((ruled[row] for row in members if ruled[row] is not None), None)
        said |= dict.fromkeys(members[1:])
        by_rule |= dict.fromkeys(members[1:])
    return _with(stated, said), _with(ruled, by_rule)


def _named(ledger: Ledger, code: int) -> frozenset[str]:
    """The objectives that people's statements named."""
    decision = ledger.decisions[code]
    if decision.verdict is Verdict.AMBIGUOUS:
        return frozenset(decision.candidates)
    return frozenset(objective for objective, _ in decision.shares) or frozenset({NONE})


def _with(codes: pl.Series, changed: dict[int, int | None]) -> pl.Series:
    return codes.cast(CODE).scatter(list(changed), pl.Series(list(changed.values()), dtype=CODE))
