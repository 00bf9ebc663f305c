"""The JSON form of a plan, for its schema: what `plan -o json` prints and `plan --out` writes."""

from __future__ import annotations

from datetime import datetime

from veaf_sync.read import Answer, Part


class StatePart(Part):
    """What the plan was made from: digests of the documents, when each source was read, where tags stand."""

    documents: dict[str, str]
    sources: dict[str, str]
    targets: dict[str, str]
    patterns: dict[str, str]


class CountsPart(Part):
    """`set`, `clear` and `refused` count values; `skip` counts what people left otherwise."""

    set: int
    clear: int
    skip: int
    refused: int


class ChangePart(Part):
    """One item: what stands at the target, and what would stand there. `id` is `source:KEY`, `item` the tool's own."""

    id: str
    item: str
    source: str
    key: str
    partition: str
    handle: str
    target: str
    before: list[str]
    after: list[str]
    reason: str
    rule: str


class PlannedChange(ChangePart):
    """A change that would be made. `lives_in` is the item's first partition by name."""

    lives_in: str


class RefusedChange(ChangePart):
    """A change that cannot be made, and why."""

    refusal: str


class KeptValue(Part):
    """A value that stands, or is gone, as people left it."""

    id: str
    item: str
    source: str
    key: str
    value: str
    reason: str


class PlanDocument(Answer):
    """A plan. `digest` is SHA-256 over everything else; `undoes` is the run that it takes back, 0 where it is none."""

    as_of: datetime
    kind: str
    undoes: int
    state: StatePart
    counts: CountsPart
    changes: list[PlannedChange]
    skipped: list[KeptValue]
    refused: list[RefusedChange]
    digest: str
