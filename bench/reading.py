"""Seconds and peak memory of the reading commands on a store of many items, each in a process of its own.

`python -m bench.reading [COUNT [FOLDER]]`; with a FOLDER what was made is kept there and used again. The store is
made by `veaf-sync sync` from files, as a user would.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 1, 1, tzinfo=UTC)
PARTITIONS, TEAMS, OBJECTIVES = 40, 30, 20
SETTINGS = "version: 1\nsources:\n  plant: {connector: file, path: exports/*.jsonl}\n"
COMMANDS = (
    ("status",),
    ("coverage", "--by", "team"),
    ("orphans",),
    ("objectives",),
    ("explain", "plant:P7-3"),
    ("items", "--team", "team-7"),
)


def generate(count: int, partition: int) -> Iterator[dict[str, object]]:
    """Every `PARTITIONS`-th of `count` items: one in twenty an epic with the following ones below it."""
    for place in range(count // PARTITIONS):
        number = place * PARTITIONS + partition
        epic = place % 20 == 0
        yield {
            "key": f"P{partition}-{place + 1}",
            "title": f"Work on part {number % 997} of the system",
            "description": "What has to be done, in two sentences. And why it matters to somebody.",
            "url": f"https://tracker.example.com/browse/P{partition}-{place + 1}",
            "partition": f"P{partition}",
            "type": "Epic" if epic else ("Story", "Bug", "Task")[number % 3],
            "parent": "" if epic else f"P{partition}-{place - place % 20 + 1}",
            "state": ("To Do", "In Progress")[number % 2],
            "labels": f"area-{number % 24}",
            "assignees": f"u-{number % 5000}",
            "team": f"team-{(number // 20) % TEAMS}",
            "points": number % 8 or None,
            "created": (START + timedelta(minutes=number % 400_000)).isoformat(),
            "updated": (START + timedelta(minutes=number % 400_000)).isoformat(),
        }


def make(folder: Path, count: int) -> None:
    """Files, configuration and store of `count` items."""
    (folder / "exports").mkdir(parents=True)
    for partition in range(PARTITIONS):
        lines = (json.dumps(row) + "\n" for row in generate(count, partition))
        with (folder / "exports" / f"P{partition}.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(lines)
    objectives = "".join(f"  - {{id: goal-{number}}}\n" for number in range(OBJECTIVES))
    rules = "".join(
        f"  - {{name: area {number}, when: {{labels: area-{number}}}, objective: goal-{number}}}\n"
        for number in range(OBJECTIVES)
    )
    (folder / "veaf-sync.yaml").write_text(SETTINGS)
    (folder / "strategy.yaml").write_text(f"vision: {{title: V}}\nobjectives:\n{objectives}")
    (folder / "mapping.yaml").write_text(f"rules:\n{rules}")
    measured(folder, "sync")


def measured(folder: Path, *arguments: str) -> None:
    """Run a command and print its seconds and peak memory."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "veaf_sync", "-C", str(folder), *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    print(
        f"{' '.join(arguments):24} {seconds:7.2f} s  (cpu {used.ru_utime + used.ru_stime:.2f} s)"
        f"  {used.ru_maxrss / 1024:6.0f} MB",
        flush=True,
    )
    assert process.returncode == 0, arguments


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(temporary) / "reading"
        print(f"{count:,} items", flush=True)
        if not (folder / "veaf-sync.db").exists():
            make(folder, count)
        for command in COMMANDS:
            measured(folder, *command)


if __name__ == "__main__":
    main()
