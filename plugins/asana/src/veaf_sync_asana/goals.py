"""Asana's own goals: what they are, which tasks and projects support them, and support given and taken away.

https://developers.asana.com/reference/goals; goals are a paid feature. docs/adr/0017 lists what nobody has verified.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any

from veaf_sync.connector import GOALS, Goal
from veaf_sync.connector.texts import line
from veaf_sync.errors import Rejected
from veaf_sync.model import TagChange, WorkItem
from veaf_sync_asana.client import PAID, Action, Client, Reply

READERS = 8
FRESH_SECONDS = 30.0
"""So old may links be that a write or a direct reading relies on."""
_FIELDS = (
    "name,owner.name,status,due_on,metric.unit,metric.currency_code,"
    "metric.initial_number_value,metric.target_number_value,metric.current_number_value"
)
_SUPPORT = "resource_subtype,supporting_resource"
_CLOSED = frozenset({"missed", "achieved", "partial", "dropped"})
_THERE, _NOT_THERE = ("already",), ("not supporting", "no relationship", "does not support", "is not a supporting")
"""How an error reads by which a task supports a goal, or does not, before we asked for it."""


class Goals:
    """The goals of a workspace. Read whole, at once for all their readers, and again where they must be fresh."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.RLock()
        self._goals: dict[str, Goal] = {}
        self._by_item: dict[str, tuple[str, ...]] = {}
        self._read_at: float | None = None

    def read(self, *, fresh: bool = False) -> Mapping[str, Goal]:
        """Goals by number, parents first: one request for 100 goals, and one for what supports each.

        Raises what asking raises: a list that is not whole would look as if people had taken links away.
        """
        with self._lock:
            now = self._client.clock.monotonic()
            if self._read_at is None or (fresh and now - self._read_at > FRESH_SECONDS):
                self._goals = self._ask()
                by_item: dict[str, list[str]] = {}
                for gid, goal in self._goals.items():
                    for item in goal.items:
                        by_item.setdefault(item, []).append(gid)
                self._by_item = {item: tuple(sorted(gids)) for item, gids in by_item.items()}
                self._read_at = now
            return self._goals

    def digest(self) -> str:
        """A digest of all links: equal where nobody linked a task to a goal, or took a link away."""
        self.read()
        return sha256(repr(sorted(self._by_item.items())).encode()).hexdigest()[:16]

    def onto(self, item: WorkItem) -> WorkItem:
        """The item with its links, as last read; at the tag target too, where that is goals."""
        tag, gids = self._client.settings.tag, self._by_item.get(item.id, ())
        if not gids:
            return item
        places = item.partitions
        if tag is not None and tag.goal:
            places = tuple(replace(place, tags=gids) for place in places)
        return replace(item, partitions=places, fields={**item.fields, GOALS: gids})

    def refusal(self, change: TagChange) -> str:
        """Why a change would not be taken; "" where it would."""
        known = self.read(fresh=True)
        missing = [gid for gid in (*change.adds, *change.removes) if gid not in known]
        return f"There is no goal {missing[0]} that this user sees." if missing else ""

    def actions(self, change: TagChange) -> Iterator[Action]:
        """One action a link: operations, so that others' links stay."""
        for verb, gids in (("add", change.adds), ("remove", change.removes)):
            for gid in gids:
                yield Action(
                    "post", f"/goals/{gid}/{verb}SupportingRelationship", {"supporting_resource": change.item.id}
                )

    def judge(self, action: Action, reply: Reply) -> str:
        """Why a link was not made or taken away; "" where it is as wanted."""
        adds = "/add" in action.path
        said = reply.message.lower()
        done = reply.good or any(words in said for words in (_THERE if adds else _NOT_THERE))
        gid, item = action.path.split("/")[2], str(action.given["supporting_resource"])
        with self._lock:
            if done:
                held = {*self._by_item.get(item, ()), gid} - (set() if adds else {gid})
                self._by_item[item] = tuple(sorted(held))
                return ""
        if reply.status == PAID:
            return f"goals are a paid feature here: {reply.message} ({reply.status})"
        return f"{reply.message} ({reply.status})"

    def forget(self) -> None:
        """What is known may not be true any more: whoever wants to know asks."""
        with self._lock:
            self._read_at = None

    def _ask(self) -> dict[str, Goal]:
        try:
            workspace = self._client.site.workspace
            rows = self._client.rows("/goals", "Reading goals", workspace=workspace, opt_fields=_FIELDS)
        except Rejected as refusal:
            if refusal.status == PAID:
                refusal.fix = "Goals are a paid feature of Asana: take goals out of the source."
            raise
        with ThreadPoolExecutor(READERS) as pool:
            supports = list(pool.map(self._supports, [str(row["gid"]) for row in rows]))
        goals = {
            str(row["gid"]): _goal(row, [_supporter(each) for each in support])
            for row, support in zip(rows, supports, strict=True)
        }
        for gid, support in zip(list(goals), supports, strict=True):
            for kind, below in map(_supporter, support):
                if kind == "goal" and below in goals:
                    goals[below] = replace(goals[below], parent=gid)
        return dict(sorted(goals.items(), key=lambda pair: (_depth(goals, pair[0]), pair[0])))

    def _supports(self, gid: str) -> Sequence[Mapping[str, Any]]:
        what = f"Reading what supports goal {gid}"
        return self._client.rows("/goal_relationships", what, supported_goal=gid, opt_fields=_SUPPORT)


def _supporter(row: Mapping[str, Any]) -> tuple[str, str]:
    """The kind and number of what supports a goal."""
    resource = row.get("supporting_resource")
    return (line(resource.get("resource_type")), str(resource.get("gid"))) if isinstance(resource, dict) else ("", "")


def _goal(row: Mapping[str, Any], supporters: Sequence[tuple[str, str]]) -> Goal:
    metric: Any = row.get("metric")
    metric = metric if isinstance(metric, dict) else {}
    unit, status, owner = line(metric.get("unit")), line(row.get("status")), row.get("owner")
    scale = 100.0 if unit == "percentage" else 1.0
    start, target, current = (
        None if (value := _float(metric.get(f"{name}_number_value"))) is None else value * scale
        for name in ("initial", "target", "current")
    )
    return Goal(
        key=str(row["gid"]),
        title=line(row.get("name")),
        state=status,
        open=status not in _CLOSED,
        owner=line(owner.get("name")) if isinstance(owner, dict) else "",
        due=_day(row.get("due_on")),
        unit={"percentage": "%", "currency": line(metric.get("currency_code"))}.get(unit, ""),
        start=start,
        target=target,
        current=current,
        url=f"https://app.asana.com/0/goal/{row['gid']}",
        items=tuple(sorted(gid for kind, gid in supporters if kind == "task")),
        partitions=tuple(sorted(gid for kind, gid in supporters if kind == "project")),
    )


def _float(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(line(value)) if value else None
    except ValueError:
        return None


def _depth(goals: Mapping[str, Goal], gid: str) -> int:
    depth = 0
    while gid in goals and goals[gid].parent and depth < len(goals):
        gid, depth = goals[gid].parent, depth + 1
    return depth
