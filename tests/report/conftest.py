"""A report's answers built by hand: some 400 items over three sources, with numbers that hang together."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from veaf_sync import measure, read
from veaf_sync.frames import CELLS
from veaf_sync.measure.drift import PLACES as KNOWN_PLACES
from veaf_sync.read.weights import weights
from veaf_sync.report.pack import GROUPS, Pack

AT = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
HEAD: dict[str, Any] = {"run": 318, "as_of": AT, "degraded": True}
CHANGE = {"total": 9, "aligned": 14, "dangling": -2, "ambiguous": 0, "exempt": 1, "orphan": -5, "unreadable": 1}
EXEMPTION = {"exemption": "keep-the-lights-on", "rule": "on call", "owner": "head-of-operations", "reason": "Incidents"}
NOTE = "jira-main: 7 done without a completion date, so not in scope."
STEP = ("cause", "before", "after", "items", "coverage")
AIMS = {
    "growth": ("Grow without growing the team", "vision", None),
    "fast-checkout": ("Checkout that nobody abandons", "growth", 0.30),
    "new-markets": ("Sell in three more countries", "growth", 0.05),
    "trusted-data": ("One set of numbers, trusted", "vision", 0.20),
    "cheap-to-run": ("Half the cost per order", "vision", 0.25),
}
WORDS = (
    "Retry storm on card tokens", "Rewrite basket in Rust", "Nightly ledger export", "Consent banner for Austria",
    "Move batch jobs to spot nodes", "Alert on failed captures", "One-page checkout for guests",
)  # fmt: skip


@dataclass(slots=True)
class Firm:
    """What the made-up organisation has. `text` is what every text that comes from a tracker goes through."""

    works: list[dict[str, Any]] = field(default_factory=list)
    text: Callable[[str], str] = str

    def pack(self) -> Pack:
        rows = pl.DataFrame([self._row(work) for work in self.works], schema=read.ROWS)
        rows = rows.sort(["age_days", "source", "key"], descending=[True, False, False], nulls_last=True)
        cells = self._cells()
        whole = weights(cells)
        sides = [self._objective(aim, cells) for aim in sorted(AIMS)]
        objectives = read.ObjectivesAnswer(**HEAD, roll_up=_roll_up("vision"), objectives=sides)
        drift, drifted = self._drift(rows)
        return Pack(
            status=self._status(whole, objectives, rows.filter(pl.col("verdict") == "orphan")),
            coverage=read.CoverageAnswer(**HEAD, metric_version="1", weights=whole, by="", groups=[]),
            groups={by: self._groups(by, cells) for by in GROUPS},
            objectives=objectives,
            epics=read.EpicsAnswer(**HEAD, epics=self._epics()),
            history=_history(whole.count.coverage),
            rows=rows,
            drift=drift,
            drifted=drifted,
        )

    def _drift(self, rows: pl.DataFrame) -> tuple[read.DriftAnswer, pl.DataFrame]:
        """A week ago: of every ten items one was new since, one an orphan that is aligned now, and some are gone."""
        now = {(row["source"], row["id"]): row["verdict"] for row in rows.iter_rows(named=True)}
        then = {key: place for number, (key, place) in enumerate(now.items()) if number % 10}
        then |= dict.fromkeys([key for key in list(then)[::9] if then[key] == "aligned"], "orphan")
        gone = {("jira-main", f"jira-main:GONE-{number}"): "aligned" for number in range(5)} if now else {}
        under = {key: "dangling" if was == "exempt" else was for key, was in then.items()} | gone
        before, middle, after = ([(*key, place) for key, place in found.items()] for found in (then | gone, under, now))
        places = [pl.DataFrame(found, schema=KNOWN_PLACES, orient="row") for found in (before, middle, after)]
        moved, start, end = measure.moves(*places), measure.counts(places[0]), measure.counts(places[2])
        steps = [
            {"total": sum(step.added.values()), **step.added, **{name: getattr(step, name) for name in STEP}}
            for step in measure.steps(moved, start)
        ]
        standings = [{"total": sum(n.values()), "coverage": measure.known_coverage(n), **n} for n in (start, end)]
        since = {"since": 311, "since_as_of": AT - timedelta(days=7), "documents": ["mapping.yaml"]}
        ends = {"start": standings[0], "end": standings[1]}
        facts = rows.select("id", "source", "key", "title", "url", "partition", "team")
        named = moved.join(facts, on=["source", "id"], how="left", maintain_order="left")
        drifted = named.with_columns(pl.col("key", "title", "url", "partition", "team").fill_null(self.text("Gone")))
        return read.DriftAnswer.model_validate({**HEAD, **since, **ends, "steps": steps}), drifted.select(
            pl.col(name).cast(dtype) for name, dtype in read.DRIFTED.items()
        )

    def _row(self, work: dict[str, Any]) -> dict[str, Any]:
        texts = ("key", "title", "team", "partition", "type", "state", "reason", "fix", "exemption", "rule")
        return {name: self.text(work[name]) if name in texts and work[name] else work[name] for name in read.ROWS}

    def _cells(self) -> pl.DataFrame:
        """CELLS with a row for every share."""
        cells = []
        for work in self.works:
            row = self._row(work)
            place = {name: row[name] for name in ("source", "partition", "team", "level", "verdict", "exemption")}
            for part in row["objectives"] or [{"objective": "", "share": 1.0}]:
                share = part["share"]
                numbers = {
                    "count": share,
                    "points": work["points"] * share,
                    "people": work["people"] * share,
                    "points_imputed": work["points"] * share * (not work["own"]),
                    "points_missing": share * (not work["own"]),
                    "hours_missing": share,
                    "people_missing": share * (work["people"] == 0),
                }
                cells.append({**place, **numbers, "objective": part["objective"], "hours": None})
        return pl.DataFrame(cells, schema=CELLS)

    def _groups(self, by: str, cells: pl.DataFrame) -> read.CoverageAnswer:
        keys = ["source", "partition"] if by == "partition" else [by]
        groups = [
            read.Group(group=key[-1], source=key[0] if by == "partition" else "", weights=weights(part))
            for key, part in sorted(cells.partition_by(keys, as_dict=True).items())
        ]
        return read.CoverageAnswer(**HEAD, metric_version="1", weights=weights(cells), by=by, groups=groups)

    def _objective(self, aim: str, cells: pl.DataFrame) -> read.Objective:
        title, supports, planned = AIMS[aim]
        below = [name for name in AIMS if AIMS[name][1] == aim]
        aligned = cells.filter(pl.col("verdict") == "aligned")
        own = weights(aligned.filter(pl.col("objective") == aim))
        items = weights(aligned.filter(pl.col("objective").is_in([aim, *below]))).count.total
        actual = items / len(self.works) if self.works else None
        short = planned is not None and actual is not None and actual < planned - 0.05
        return read.Objective(
            objective=aim,
            title=title,
            supports=supports,
            depth=1 if supports == "vision" else 2,
            accountable=f"head-of-{aim.split('-')[-1]}",
            responsible=["payments"],
            declared="active",
            state="unserved" if not items else "underfunded" if short else "served",
            planned_share=planned,
            actual_share=actual,
            count=own.count.total,
            points=own.points.total if own.points else None,
            hours=None,
            people=own.people.total if own.people else None,
            items=items,
            below=below,
            key_results=_key_results(aim),
            roll_up=_roll_up(aim),
        )

    def _epics(self) -> list[read.Epic]:
        below: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for work in self.works:
            for epic in work["epics"]:
                below[epic].append(work)
        return [
            read.Epic(
                id=epic,
                source=epic.partition(":")[0],
                key=self.text(epic.partition(":")[2]),
                title=self.text(f"Epic {WORDS[number % len(WORDS)].lower()}"),
                url=f"https://example.atlassian.net/browse/{epic.partition(':')[2]}",
                state="In Progress",
                team=self.text(works[0]["team"]),
                counted=False,
                verdict=works[0]["verdict"],
                objectives=[read.Alignment(**part) for part in works[0]["objectives"]],
                children=len(works),
                aligned=sum(work["verdict"] == "aligned" for work in works),
            )
            for number, (epic, works) in enumerate(sorted(below.items()))
        ]

    def _status(self, whole: read.Weights, objectives: read.ObjectivesAnswer, orphans: pl.DataFrame) -> read.Status:
        exempt = sum(work["verdict"] == "exempt" for work in self.works)
        return read.Status(
            **HEAD,
            organisation=self.text("Example Ltd"),
            vision=self.text("Every shop sells everywhere"),
            timezone="Europe/Berlin",
            digest="9f2c41aa07b3d5e1",
            metric_version="1",
            period=read.PeriodPart(id="2026-Q4", first=date(2026, 10, 1), last=date(2026, 12, 31), day=54, days=92),
            weights=whole,
            change=read.Change(run=311, as_of=AT - timedelta(days=7), coverage=0.024, **CHANGE),
            exemptions=[
                read.Budget(
                    **{name: self.text(text) for name, text in EXEMPTION.items()},
                    until=date(2026, 12, 31),
                    items=exempt,
                    used=exempt / len(self.works) if self.works else None,
                    budget=0.20,
                    over=False,
                )
            ],
            sources=self._sources(),
            degradations=[
                read.Degradation(
                    source="plant-asana",
                    partitions=[self.text("plant")],
                    reason=self.text("token refused"),
                    since=datetime(2026, 11, 21, 21, 10, tzinfo=UTC),
                    items=24,
                    frozen=sum(work["verdict"] == "unreadable" for work in self.works),
                    fix="veaf-sync check --online",
                )
            ],
            never_read=[],
            notes=[self.text(NOTE)],
            objectives=read.worst_first(objectives.objectives),
            orphans=read.as_items(orphans.head(10)),
            orphans_more=max(0, orphans.height - 10),
        )

    def _sources(self) -> list[read.SourceReading]:
        found = []
        for source in sorted({work["source"] for work in self.works}):
            lost = source == "plant-asana"
            common: dict[str, Any] = {
                "source": source,
                "state": "unreadable" if lost else "fresh",
                "read_at": AT - timedelta(minutes=1910 if lost else 4),
                "changed": 0 if lost else 12,
                "removed": 0 if lost else 3,
                "frozen": 18 if lost else 0,
            }
            reason = self.text("token refused") if lost else ""
            readings = [
                read.PartitionReading(**common, partition=self.text(name), reason=reason, items=206)
                for name in sorted({work["partition"] for work in self.works if work["source"] == source})
            ]
            found.append(read.SourceReading(**common, connector="jira", items=206, partitions=readings))
        return found


def _key_results(aim: str) -> list[read.KeyResult]:
    if aim not in ("fast-checkout", "cheap-to-run"):
        return []
    known: dict[str, Any] = {"value": 66, "value_age_days": 21, "value_date": date(2026, 11, 2), "progress": 5 / 19}
    silent = dict.fromkeys(known)
    common: dict[str, Any] = {"unit": "%", "due": None, "measured_by": "typed", "confidence": 0.7, "expected": 0.58}
    return [
        read.KeyResult(id="done", title="Completion", baseline=61, target=80, on_track=False, **known, **common),
        read.KeyResult(id="good", title="Guest orders", baseline=61, target=70, on_track=True, **known, **common),
        read.KeyResult(id="idle", title="Complaints", baseline=40, target=20, on_track=None, **silent, **common),
    ][: 3 if aim == "fast-checkout" else 1]


def _roll_up(aim: str) -> read.RollUp:
    """As `measure` rolls up the key results of `_key_results`."""
    if aim not in ("fast-checkout", "cheap-to-run", "growth", "vision"):
        return read.RollUp(mean=None, worst=None, worst_child="", measured=0, key_results=0)
    child = {"growth": "fast-checkout", "vision": "cheap-to-run"}.get(aim, "done")
    return read.RollUp(mean=5 / 19, worst=5 / 19, worst_child=child, measured=2, key_results=3)


def _history(now: read.Bounds) -> tuple[read.Point, ...]:
    last = read.Point(run=318, as_of=AT, **now.model_dump())
    values = (0.61, 0.63, 0.66, 0.655, 0.69, 0.71, 0.74, now.value - 0.024) if now.value is not None else ()
    before = tuple(
        read.Point(run=200 + 15 * n, as_of=AT - timedelta(days=7 * (8 - n)), value=v, low=v - 0.03, high=v + 0.02)
        for n, v in enumerate(values)
    )
    return (*before, last)


PLACES = (
    [("jira-main", "PAY", "payments", "https://example.atlassian.net/browse/{}")] * 4
    + [("jira-main", "SHOP", "shop", "https://example.atlassian.net/browse/{}")] * 3
    + [("hub", "acme/shop", "shop", "https://github.com/{}")] * 2
)
OUTCOMES = (
    ["aligned"] * 268 + ["exempt"] * 48 + ["orphan"] * 61 + ["dangling"] * 14 + ["ambiguous"] * 3 + ["unreadable"] * 18
)
REASONS = {
    "aligned": "rule “payment epics”",
    "dangling": "objective q3-launch is closed",
    "ambiguous": "fast-checkout by label, cheap-to-run by field Objective",
    "exempt": "keep-the-lights-on until 2026-12-31",
    "orphan": "nothing matched",
    "unreadable": "token refused since 2026-11-21",
}


def _alignments(verdict: str, dice: random.Random) -> list[dict[str, Any]]:
    if verdict == "dangling":
        return [{"objective": "q3-launch", "share": 1.0}]
    if verdict != "aligned":
        return []
    if dice.random() < 0.08:
        return [{"objective": "cheap-to-run", "share": 0.4}, {"objective": "fast-checkout", "share": 0.6}]
    aim = dice.choices(("fast-checkout", "trusted-data", "cheap-to-run"), (121, 107, 30))[0]
    return [{"objective": aim, "share": 1.0}]


def _work(number: int, verdict: str, dice: random.Random) -> dict[str, Any]:
    source, partition, team, url = dice.choice(PLACES)
    if verdict == "unreadable":
        source, partition, team, url = ("plant-asana", "plant", "plant", "https://app.asana.com/0/0/{}")
    key = f"{partition}#{number}" if source == "hub" else f"{partition}-{number}"
    epic = f"{source}:{partition}-{dice.randrange(9) * 100}" if source == "jira-main" and dice.random() < 0.7 else ""
    exempt = verdict == "exempt"
    own = dice.random() > 0.12
    return {
        "id": f"{source}:{key}",
        "source": source,
        "key": key,
        "title": WORDS[number % len(WORDS)] + (f" ({number})" if number >= len(WORDS) else ""),
        "url": url.format(key.replace("#", "/issues/")),
        "level": "standard",
        "type": "Story",
        "state": "In Progress",
        "partition": partition,
        "team": team,
        "owner": "person-k7m2qz4h",
        "age_days": min(int(dice.expovariate(1 / 40)), 300),
        "counted": True,
        "verdict": verdict,
        "objectives": _alignments(verdict, dice),
        "exemption": "keep-the-lights-on" if exempt else "",
        "origin": {"aligned": "rule", "exempt": "rule", "dangling": "statement"}.get(verdict, ""),
        "rule": {"aligned": "payment epics", "exempt": "on call"}.get(verdict, ""),
        "reason": REASONS[verdict],
        "fix": ("add label okr:fast-checkout" if number % 3 else "") if verdict == "orphan" else "",
        "epics": [epic] if epic else [],
        "own": own,
        "points": float(dice.choice((1, 2, 3, 5, 8))) if own else 3.0,
        "people": dice.choice((0.0, 0.1, 0.2, 0.25)),
    }


@pytest.fixture
def firm() -> Firm:
    """The organisation of screens.md: 412 counted items, one source of three unreadable."""
    dice = random.Random(318)
    return Firm([_work(number, verdict, dice) for number, verdict in enumerate(OUTCOMES)])


@pytest.fixture
def pack(firm: Firm) -> Pack:
    return firm.pack()
