"""The generated million: items, 100 rules and 200 objectives for `bench.mapping`."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import polars as pl

from veaf_sync.frames import ITEMS
from veaf_sync.mapping import MappingFile
from veaf_sync.strategy import Strategy

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCES = ("hub", "jira-main", "jira-plant", "plant-asana")
TYPES = ("Story", "Bug", "Task", "Spike", "Incident", "Chore")
TEAMS = tuple(f"team-{n}" for n in range(40))
COMPONENTS = tuple(f"component-{n}" for n in range(120))
LABELS = tuple(f"Label-{n}" for n in range(400))
WORDS = tuple(f"word{n}" for n in range(3000))
OBJECTIVES = tuple(f"objective-{n}" for n in range(200))
PATTERN = "okr:(?P<objective>[a-z0-9-]+)"


def generate(count: int, seed: int = 7) -> pl.DataFrame:
    """`count` generated ITEMS: trees of epics, work and sub-tasks in four sources."""
    chance = random.Random(seed)  # noqa: S311
    lists = [chance.sample(LABELS, chance.choice((0, 0, 1, 1, 2, 3))) for _ in range(40_000)]
    lists += [[*chance.sample(LABELS, 1), f"okr:{chance.choice(OBJECTIVES)}"] for _ in range(4_000)]
    parts = [chance.sample(COMPONENTS, chance.choice((0, 1, 1, 2))) for _ in range(5_000)]
    rows: dict[str, list[object]] = {name: [] for name in GENERATED}
    for number in range(count):
        source = SOURCES[number * len(SOURCES) // count]
        parent = _parent(number, chance)
        partition = f"P{number // 20_000}"
        words = " ".join(chance.choices(WORDS, k=7))
        rows["source"].append(source)
        rows["id"].append(f"{number:08}")
        rows["key"].append(f"{partition}-{number}")
        rows["parent"].append("" if parent is None else f"P{parent // 20_000}-{parent}")
        rows["partition"].append(partition)
        rows["partitions"].append([partition])
        rows["level"].append("epic" if number % 20 == 0 else "standard" if number % 4 else "subtask")
        rows["type"].append(chance.choice(TYPES))
        rows["state"].append("Open")
        rows["state_category"].append(chance.choice(("todo", "in_progress")))
        rows["title"].append(words)
        rows["team"].append(chance.choice(TEAMS))
        rows["labels"].append(chance.choice(lists))
        rows["components"].append(chance.choice(parts))
        rows["assignees"].append([f"person-{chance.randrange(5000)}"])
        rows["created"].append(AT - timedelta(minutes=chance.randrange(1_000_000)))
        rows["points"].append(chance.choice((None, 1.0, 2.0, 3.0, 5.0)))
    frame = pl.DataFrame(rows, schema={name: ITEMS[name] for name in GENERATED})
    missing = {pl.String(): "", pl.List(pl.String()): [], pl.Boolean(): False}
    others = [
        pl.lit(missing.get(dtype), dtype=dtype).alias(name) for name, dtype in ITEMS.items() if name not in GENERATED
    ]
    return frame.with_columns(others).with_columns(pl.lit("{}").alias("fields")).select(ITEMS.names())


GENERATED = [
    "source",
    "id",
    "key",
    "parent",
    "partition",
    "partitions",
    "level",
    "type",
    "state",
    "state_category",
    "title",
    "team",
    "labels",
    "components",
    "assignees",
    "created",
    "points",
]


def _parent(number: int, chance: random.Random) -> int | None:
    """An epic below the block's first one, work below an epic, a sub-task below the work before it."""
    if number % 20 == 0:
        return number - number % 1000 if number % 1000 else None
    if number % 4 == 0:
        return number - 1
    return number - number % 20 if chance.random() < 0.8 else None


def rules() -> list[tuple[dict[str, object], pl.Expr]]:
    """100 rules, 20 of them regexes, each with what the bare program asks instead."""
    title, team, kind, partition = (pl.col(name) for name in ("title", "team", "type", "partition"))
    patterns = [rf"\bword{n}1\d? (word{n}\d+|\w+7)\b" for n in range(20)]
    made: list[tuple[dict[str, object], pl.Expr]] = [
        ({"title": {"regex": pattern}}, title.str.contains(pattern)) for pattern in patterns
    ]
    made += [
        (
            {"labels": {"any": [f"label-{n}", f"label-{n + 100}"]}, "type": "bug"},
            (_has("labels", f"label-{n}") | _has("labels", f"label-{n + 100}")) & (kind == "bug"),
        )
        for n in range(30)
    ]
    made += [
        (
            {"components": f"Component-{n}", "state_category": "todo"},
            _has("components", f"component-{n}") & (pl.col("state_category") == "todo"),
        )
        for n in range(15)
    ]
    made += [
        ({"team": f"Team-{n}", "type": ["Spike", "Chore"]}, (team == f"team-{n}") & kind.is_in(["spike", "chore"]))
        for n in range(15)
    ]
    made += [
        (
            {"partition": f"P{n}", "not": {"labels": f"label-{n}"}, "type": "task"},
            (partition == f"p{n}") & ~_has("labels", f"label-{n}") & (kind == "task"),
        )
        for n in range(10)
    ]
    made += [
        (
            {"age": {"over": 600 + n}, "source": SOURCES[n % 4], "level": "epic"},
            (pl.col("created") <= AT - timedelta(days=601 + n))
            & (pl.col("source") == SOURCES[n % 4])
            & (pl.col("level") == "epic"),
        )
        for n in range(5)
    ]
    made += [
        (
            {"title": {"glob": f"word{n}9*"}, "type": "incident"},
            pl.col("title_lower").str.starts_with(f"word{n}9") & (kind == "incident"),
        )
        for n in range(5)
    ]
    return made


def _has(column: str, value: str) -> pl.Expr:
    return pl.col(column).list.contains(value)


def documents() -> tuple[MappingFile, Strategy]:
    """The mapping and the strategy of the run."""
    written = [{"name": f"rule {n}", "when": when, "objective": OBJECTIVES[n]} for n, (when, _) in enumerate(rules())]
    mapping = MappingFile.model_validate({"stated": [{"from": "labels", "pattern": PATTERN}], "rules": written})
    objectives = [
        {
            "id": each,
            "supports": OBJECTIVES[n // 10] if n >= 20 else "vision",
            "state": "closed" if n % 50 == 49 else "active",
        }
        for n, each in enumerate(OBJECTIVES)
    ]
    return mapping, Strategy.model_validate({"vision": {"title": "All arrive"}, "objectives": objectives})
