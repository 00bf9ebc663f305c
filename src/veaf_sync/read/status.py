"""`status`: one screen that says how things stand."""

from __future__ import annotations

from datetime import date

from veaf_sync import measure
from veaf_sync.read.answer import Answer, Instant, Part
from veaf_sync.read.history import earlier
from veaf_sync.read.items import Item
from veaf_sync.read.listing import orphans
from veaf_sync.read.notes import notes
from veaf_sync.read.objectives import Objective, objectives, unreadable_note, worst_first
from veaf_sync.read.snapshot import Snapshot
from veaf_sync.read.sources import Degradation, SourceReading, degradations, never_read, sources
from veaf_sync.read.weights import VERDICT_NAMES, Weight, Weights, weights

OLDEST = 10
"""So many of the oldest orphans are shown."""
NAMED = 5
"""So many places that were never read are named in a sentence."""


class PeriodPart(Part):
    """The period, and which of its days the run's is."""

    id: str
    first: date
    last: date
    day: int
    days: int


class Change(Part):
    """Against an earlier run of the same period, scope and definitions.

    Coverage as a ratio, verdicts in items that sum to `total`.
    """

    run: int
    as_of: Instant
    coverage: float | None
    total: float
    aligned: float
    dangling: float
    ambiguous: float
    exempt: float
    orphan: float
    unreadable: float


class Budget(Part):
    """An exemption class: `used` is its share of all counted items, `budget` the share it may have (null: no limit)."""

    exemption: str
    rule: str
    owner: str
    reason: str
    until: date | None
    items: float
    used: float | None
    budget: float | None
    over: bool


class Status(Answer):
    """Objectives stand worst first, orphans oldest first; `orphans_more` is how many are not shown.

    `notes` are sentences on what the run found beside its numbers; `never_read` are sources, or `PARTITION of SOURCE`,
    whose work is in no figure because no run has read them completely.
    """

    organisation: str
    vision: str
    timezone: str
    digest: str
    metric_version: str
    period: PeriodPart
    weights: Weights
    change: Change | None
    exemptions: list[Budget]
    sources: list[SourceReading]
    degradations: list[Degradation]
    never_read: list[str]
    notes: list[str]
    objectives: list[Objective]
    orphans: list[Item]
    orphans_more: int

    @property
    def missing(self) -> str:
        """`roads was never read: its work is not in these figures.` Empty where everything was read once."""
        if not self.never_read:
            return ""
        more = len(self.never_read) - NAMED
        *others, last = self.never_read[:NAMED] + ([f"{more:,} more"] if more > 0 else [])
        names = f"{', '.join(others)} and {last} were never read: their" if others else f"{last} was never read: its"
        return f"{names} work is not in these figures."

    @property
    def objectives_note(self) -> str:
        """What the objectives' states leave out, as a sentence; empty where nothing is unreadable."""
        return unreadable_note(self.weights.count.unreadable)


def status(snapshot: Snapshot) -> Status:
    """How things stand as of the run."""
    settings, period = snapshot.config.settings, snapshot.period
    day, of = period.day(snapshot.run.at, snapshot.zone)
    measured = weights(snapshot.cells)
    oldest = orphans(snapshot, limit=OLDEST)
    return Status(
        **snapshot.head,
        organisation=settings.organisation,
        vision=snapshot.config.strategy.vision.title,
        timezone=settings.timezone,
        digest=snapshot.run.digest,
        metric_version=snapshot.run.metric_version,
        period=PeriodPart(id=period.id, first=period.first, last=period.last, day=day, days=of),
        weights=measured,
        change=_change(snapshot, measured.count),
        exemptions=_budgets(snapshot),
        sources=sources(snapshot),
        degradations=degradations(snapshot),
        never_read=never_read(snapshot),
        notes=notes(snapshot),
        objectives=worst_first(objectives(snapshot).objectives),
        orphans=oldest.items,
        orphans_more=oldest.total - len(oldest.items),
    )


def _change(snapshot: Snapshot, now: Weight) -> Change | None:
    than = earlier(snapshot)
    if than is None:
        return None
    before = weights(than.cells).count
    value, then = now.coverage.value, before.coverage.value
    moved = {name: now.verdict(name) - before.verdict(name) for name in VERDICT_NAMES}
    return Change(
        run=than.run.id,
        as_of=than.run.at,
        coverage=None if value is None or then is None else value - then,
        total=now.total - before.total,
        **moved,
    )


def _budgets(snapshot: Snapshot) -> list[Budget]:
    """What each exemption class spends, with the rules that grant it."""
    rules = [rule for rule in snapshot.config.mapping.rules if rule.exempt]
    found = []
    for spent in measure.exemption_budgets(snapshot.cells, snapshot.config.mapping):
        granting = [rule for rule in rules if rule.exempt and rule.exempt.class_ == spent.exemption]
        found.append(
            Budget(
                exemption=spent.exemption,
                rule=", ".join(rule.name for rule in granting),
                owner=", ".join(spent.owners),
                reason="; ".join(dict.fromkeys(rule.exempt.reason for rule in granting if rule.exempt)),
                until=spent.until,
                items=spent.count,
                used=spent.share,
                budget=spent.budget,
                over=spent.overspent,
            )
        )
    return found
