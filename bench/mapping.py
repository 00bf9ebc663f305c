"""Mapping a million items onto objectives, against a bare Polars program that does the same scans and joins.

    python -m bench.mapping [--items 1000000]

Both read the same generated file and are timed in a process of their own, reading not included. The bare
program knows the rules by heart: no configuration, no missing values, no reasons, no withdrawals.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from bench.mapping_input import AT, OBJECTIVES, PATTERN, documents, generate, rules
from veaf_sync.mapping import map_items, resolve
from veaf_sync.measure import Scope, coverage, make_cells, weigh

START, END = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
PARTS = ("hierarchy", "mapping", "measuring")


def ours(items: pl.DataFrame) -> tuple[dict[str, float], object]:
    """The project's own way: hierarchy, verdicts, weights and cells."""
    mapping, strategy = documents()
    marks = [time.perf_counter()]
    hierarchy = resolve(items, strategy)
    marks.append(time.perf_counter())
    verdicts = map_items(items, hierarchy, mapping, strategy, at=AT, tz=ZoneInfo("UTC"))
    marks.append(time.perf_counter())
    weights = weigh(items, hierarchy, scope=Scope(), period_start=START, period_end=END)
    cells = make_cells(items, hierarchy, verdicts, weights)
    covered = coverage(cells)
    marks.append(time.perf_counter())
    parts = {name: marks[n + 1] - marks[n] for n, name in enumerate(PARTS)}
    counts = verdicts.group_by("verdict").agg(pl.col("share").sum()).sort("verdict").rows()
    weights_in_all = [covered[name] for name in ("count", "points", "people")]
    total = [round(weight.total) for weight in weights_in_all if weight]
    return parts, [*[[verdict, round(count)] for verdict, count in counts], total]


def bare(items: pl.DataFrame) -> tuple[dict[str, float], object]:
    """The same by hand: lower once, ask every rule, join parents, walk up, count by objective."""
    _, strategy = documents()
    start = time.perf_counter()
    keys = items.select("source", "key", pl.int_range(pl.len(), dtype=pl.UInt32).alias("above"))
    parent = items.join(
        keys, left_on=["source", "parent"], right_on=["source", "key"], how="left", maintain_order="left"
    )["above"]
    joined = time.perf_counter()
    number = {each: n for n, each in enumerate(OBJECTIVES)}
    lower = pl.element().str.to_lowercase()
    frame = items.select(
        pl.col("type", "team", "partition", "state_category", "level").str.to_lowercase(),
        pl.col("labels", "components").list.eval(lower),
        pl.col("title").str.to_lowercase().alias("title_lower"),
        pl.col("title", "created", "source"),
        pl.col("labels").list.eval(pl.element().str.extract(rf"\A{PATTERN}\z", 1)).list.drop_nulls().alias("stated"),
    )
    holds = frame.select(expression.alias(str(n)) for n, (_, expression) in enumerate(rules()))
    own = pl.repeat(None, items.height, dtype=pl.UInt32, eager=True)
    for n in reversed(range(holds.width)):
        own = pl.select(pl.when(holds[str(n)]).then(pl.lit(n, dtype=pl.UInt32)).otherwise(own)).to_series()
    stated = frame["stated"].list.first().replace_strict(number, default=None, return_dtype=pl.UInt32)
    own = pl.select(pl.coalesce(stated, own)).to_series()
    step = parent
    while step.null_count() < len(step):
        own = pl.select(pl.coalesce(own, own.gather(step))).to_series()
        step = step.gather(step)
    dead = {n for n, each in enumerate(strategy.objectives) if each.state.value == "closed"}
    alive = [n not in dead and (n < 20 or n // 10 not in dead) for n in range(len(OBJECTIVES))]
    table = pl.DataFrame(
        {"own": pl.Series(range(len(OBJECTIVES)), dtype=pl.UInt32), "objective": OBJECTIVES}
    ).with_columns(pl.Series("verdict", ["aligned" if each else "dangling" for each in alive]))
    verdicts = items.select("source", "id", own.alias("own")).join(table, on="own", how="left", maintain_order="left")
    verdicts = verdicts.with_columns(pl.col("verdict").fill_null("orphan"), pl.col("objective").fill_null(""))
    mapped = time.perf_counter()
    total = bare_measuring(items, parent, verdicts)
    parts = dict(zip(PARTS, (joined - start, mapped - joined, time.perf_counter() - mapped), strict=True))
    counts = verdicts.group_by("verdict").len().sort("verdict").rows()
    return parts, [*[list(row) for row in counts], total]


def bare_measuring(items: pl.DataFrame, parent: pl.Series, verdicts: pl.DataFrame) -> list[float]:
    """Containers, sub-tasks, imputed points, split people, and totals by seven columns; everything is in scope."""
    subtask = items["level"] == "subtask"
    owner = pl.select(
        pl.when(subtask & parent.is_not_null()).then(parent).otherwise(pl.int_range(items.height, dtype=pl.UInt32))
    ).to_series()
    for _ in range(4):
        owner = owner.gather(owner)
    holds = pl.repeat(False, items.height, eager=True)
    above = parent.filter(~subtask).drop_nulls().unique()
    while len(above):
        holds = holds.scatter(above, True)
        above = parent.gather(above).drop_nulls().unique()
    counted = ~holds & ~(subtask & parent.is_not_null())
    rows = items.select("source", "type", "points", "hours", counted.alias("counted"), owner.alias("owner"))
    positive = pl.col("points").filter(pl.col("counted") & (pl.col("points") > 0))
    ladder = pl.coalesce("points", positive.median().over("source", "type"), positive.median().over("source"))
    logged = rows.group_by("owner").agg(pl.col("hours").sum())
    named = items.select(owner.alias("owner"), pl.col("assignees").alias("person")).filter(counted.gather(owner))
    named = named.explode("person").drop_nulls().unique()
    split = (
        named.with_columns((1.0 / pl.len().over("person")).alias("people"))
        .group_by("owner")
        .agg(pl.col("people").sum())
    )
    nothing = pl.repeat(0.0, items.height, eager=True)
    weights = rows.select(
        ladder.alias("points"),
        pl.col("points").is_null().alias("missing"),
        nothing.scatter(logged["owner"], logged["hours"].fill_null(0.0)).alias("hours"),
        nothing.scatter(split["owner"], split["people"]).alias("people"),
        pl.lit(1.0).alias("count"),
    )
    groups = ["source", "partition", "team", "level", "objective", "verdict"]
    facts = items.select("source", "partition", "team", "level").hstack(verdicts.select("objective", "verdict"))
    cells = (
        facts.hstack(weights)
        .filter(counted)
        .group_by(groups)
        .agg(pl.col("count", "points", "hours", "people", "missing").sum())
    )
    return [round(cells[name].sum()) for name in ("count", "points", "people")]


def run(which: str, file: Path) -> None:
    """Time one of the two in this process; print seconds, peak memory in MB and the counts as JSON."""
    items = pl.read_ipc(file)
    loaded = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    before = time.process_time()
    parts, counts = {"ours": ours, "bare": bare}[which](items)
    cpu = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"parts": parts, "seconds": sum(parts.values()), "cpu": cpu, "peak": peak, "loaded": loaded}
    print(json.dumps({**found, "counts": counts}))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--items", type=int, default=1_000_000)
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--run", choices=("ours", "bare"), help=argparse.SUPPRESS)
    arguments.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.run:
        run(given.run, given.file)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "items.arrow"
        generate(given.items).write_ipc(file)
        best = {which: _best(which, file, given.repeat) for which in ("ours", "bare")}
    for which, result in best.items():
        parts = ", ".join(f"{name} {seconds:.2f}" for name, seconds in result["parts"].items())
        memory = f"peak {result['peak']:.0f} MB, {result['loaded']:.0f} of them the items"
        print(f"{which}: {result['seconds']:.2f} s ({parts}), CPU {result['cpu']:.2f} s, {memory}, {result['counts']}")
    print(f"ratio: {_ratio(best, 'hierarchy', 'mapping'):.2f}, with measuring {_ratio(best, *PARTS):.2f}")


def _ratio(best: dict[str, Any], *parts: str) -> float:
    """How many times as long ours takes for these parts."""
    ours, bare = (sum(best[which]["parts"][part] for part in parts) for which in ("ours", "bare"))
    return float(ours / bare)


def _best(which: str, file: Path, repeat: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.mapping", "--run", which, "--file", str(file)]
    results = [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(repeat)
    ]
    return min(results, key=lambda result: result["seconds"])


if __name__ == "__main__":
    main()
