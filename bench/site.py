"""A Jira Cloud emulator in a process of its own, filled with generated issues."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from veaf_sync.emulator import Latency
from veaf_sync.model import Level, Membership, StateCategory, WorkItem
from veaf_sync_jira.emulator import JiraEmulator

START = datetime(2026, 1, 1, tzinfo=UTC)


def generate(count: int, projects: int) -> Iterator[WorkItem]:
    """`count` issues, spread evenly over `projects`; one in twenty is an epic with the following ones below it."""
    for number in range(count):
        project = f"P{number % projects}"
        place = number // projects
        epic = place % 20 == 0
        parent = "" if epic else f"{project}-{place - place % 20 + 1}"
        created = START + timedelta(minutes=number % 400_000)
        yield WorkItem(
            id=str(10_000 + number),
            key=f"{project}-{place + 1}",
            partitions=(Membership(project),),
            title=f"Work on part {number % 997} of the system",
            type="Epic" if epic else ("Story", "Bug", "Task")[number % 3],
            level=Level.EPIC if epic else Level.STANDARD,
            state="To Do",
            state_category=StateCategory.TODO,
            parent=parent,
            description="What has to be done, in two sentences. And why it matters to somebody.",
            labels=(f"area-{number % 40}",),
            components=(f"Component {number % 12}",),
            assignees=(f"u-{number % 200}",),
            points=float(number % 8) or None,
            created=created,
            updated=created,
        )


def serve(count: int, projects: int, milliseconds: int) -> None:
    """Serve until standard input closes; the first line out is the source's settings and environment."""
    emulator = JiraEmulator(profile="cloud")
    emulator.load(generate(count, projects))
    if milliseconds:
        emulator.faults.add(Latency(milliseconds / 1000), path=".*", times=None)
    with emulator:
        source = {**emulator.source(), "edition": "cloud"}  # as an address at atlassian.net says by itself
        hello = {"source": source, "environment": dict(emulator.environment), "url": emulator.url}
        print(json.dumps(hello), flush=True)
        sys.stdin.read()


@contextmanager
def site(count: int, projects: int, milliseconds: int) -> Iterator[dict[str, object]]:
    """`{"source", "environment", "url"}` of an emulator that answers after `milliseconds`."""
    arguments = [sys.executable, "-m", "bench.site", str(count), str(projects), str(milliseconds)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        hello = json.loads(process.stdout.readline())
        os.environ.update(hello["environment"])
        try:
            yield hello
        finally:
            process.stdin.close()


if __name__ == "__main__":
    serve(*map(int, sys.argv[1:]))
