"""A plan as a JSON file that can be reviewed, sent, and applied only as it was reviewed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from veaf_sync.connector import Refusal
from veaf_sync.errors import Refused
from veaf_sync.model import ItemRef, TagChange
from veaf_sync.plan.document import FORMAT_VERSION, Kept, Plan, State

KIND = "veaf-sync plan"
_AGAIN = "Make a new one: veaf-sync plan --out plan.json"


def document(plan: Plan) -> dict[str, Any]:
    """The plan as the JSON document of `plan -o json` and `plan --out`."""
    content = _content(plan)
    return {**content, "digest": _digest(content)}


def digest(plan: Plan) -> str:
    """SHA-256, hexadecimal, over everything the plan says and the state it was made from."""
    return _digest(_content(plan))


def dump(plan: Plan) -> str:
    """The plan as a JSON text, one line per change, so that two plans can be compared; `load` gives it again."""
    lines = [f"{json.dumps(name)}: {_lines(value)}" for name, value in document(plan).items()]
    return "{" + ",\n".join(lines) + "}\n"


def load(text: str) -> Plan:
    """The plan in `text`. Raises `Refused` where it is no plan, of another format, cut off or altered."""
    try:
        raw = json.loads(text)
    except RecursionError:
        raise Refused("The plan is nested deeper than any plan. Nothing was written.", fix=_AGAIN) from None
    except ValueError as error:
        raise Refused(
            f"The plan cannot be read as JSON: it is cut off or damaged ({error}). Nothing was written.", fix=_AGAIN
        ) from error
    if not isinstance(raw, dict) or raw.get("kind") != KIND:
        raise Refused("This file is no plan of veaf-sync. Nothing was written.", fix=_AGAIN)
    if raw.get("format_version") != FORMAT_VERSION:
        found = raw.get("format_version")
        raise Refused(
            f"The plan has format {found}, this version reads {FORMAT_VERSION}. Nothing was written.", fix=_AGAIN
        )
    if raw.get("digest") != _digest({name: value for name, value in raw.items() if name != "digest"}):
        raise Refused("The plan was altered: its digest does not match its content. Nothing was written.", fix=_AGAIN)
    try:
        return _plan(raw)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Refused(f"The plan is not whole: {error!r}. Nothing was written.", fix=_AGAIN) from error


def _content(plan: Plan) -> dict[str, Any]:
    changes = zip(plan.changes, plan.partitions, strict=True)
    return {
        "format_version": FORMAT_VERSION,
        "kind": KIND,
        "run": plan.run,
        "as_of": plan.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "degraded": plan.degraded,
        "undoes": plan.undoes,
        "state": {
            "documents": dict(plan.state.documents),
            "sources": dict(plan.state.sources),
            "targets": dict(plan.state.targets),
            "patterns": dict(plan.state.patterns),
        },
        "counts": asdict(plan.counts),
        "changes": [{**_record(change), "lives_in": partition} for change, partition in changes],
        "skipped": [
            {
                "id": f"{kept.item.source}:{kept.key}",
                "item": kept.item.id,
                "source": kept.item.source,
                "key": kept.key,
                "value": kept.value,
                "reason": kept.reason,
            }
            for kept in plan.skipped
        ],
        "refused": [{**_record(each.change), "refusal": each.reason} for each in plan.refused],
    }


def _lines(value: Any) -> str:
    if not isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return "[" + ",\n ".join(json.dumps(each, ensure_ascii=False) for each in value) + "]"


def _digest(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _record(change: TagChange) -> dict[str, Any]:
    return {
        "id": f"{change.item.source}:{change.key}",
        "item": change.item.id,
        "source": change.item.source,
        "key": change.key,
        "partition": change.partition,
        "handle": change.handle,
        "target": change.target,
        "before": list(change.before),
        "after": list(change.after),
        "reason": change.reason,
        "rule": change.rule,
    }


def _plan(raw: Mapping[str, Any]) -> Plan:
    return Plan(
        run=int(raw["run"]),
        at=datetime.fromisoformat(raw["as_of"]),
        degraded=bool(raw["degraded"]),
        undoes=int(raw["undoes"]),
        state=State(**{name: dict(raw["state"][name]) for name in ("documents", "sources", "targets", "patterns")}),
        changes=tuple(_change(record) for record in raw["changes"]),
        partitions=tuple(record["lives_in"] for record in raw["changes"]),
        skipped=tuple(_kept(record) for record in raw["skipped"]),
        refused=tuple(Refusal(_change(record), record["refusal"]) for record in raw["refused"]),
    )


def _change(record: Mapping[str, Any]) -> TagChange:
    texts = ("key", "partition", "handle", "target", "reason", "rule")
    return TagChange(
        item=ItemRef(record["source"], record["item"]),
        before=_texts(record["before"]),
        after=_texts(record["after"]),
        **{name: record[name] for name in texts},
    )


def _kept(record: Mapping[str, Any]) -> Kept:
    return Kept(ItemRef(record["source"], record["item"]), record["key"], record["value"], record["reason"])


def _texts(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(values)
