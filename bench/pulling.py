"""One pull in this process, ours or the bare loop; prints seconds and peak memory as JSON."""

from __future__ import annotations

import base64
import importlib
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import requests

START_UP = ("jira", "veaf_sync.plugins", "veaf_sync.sync", "veaf_sync_jira.connector")
"""Imported before the clock starts, as `requests` is for the bare loop: start-up is not what is measured here."""
FIELDS = (
    "summary issuetype project status labels components fixVersions assignee created updated resolutiondate "
    "description timespent parent"
)
STRATEGY = "vision: {title: V}\nobjectives: [{id: fast}, {id: cheap}]\n"
MAPPING = """
rules:
  - {name: bugs, when: {type: Bug}, objective: cheap}
  - {name: areas, when: {labels: {regex: "^area-[0-9]$"}}, objective: fast}
"""


def started(hello: dict[str, Any], folder: Path) -> tuple[Any, Any, Any]:
    """What every command does before its work: plugins found, configuration read; and the clock."""
    from veaf_sync import config, plugins
    from veaf_sync.clock import SystemClock

    registry = plugins.load()
    settings = json.dumps({"version": 1, "sources": {"site": hello["source"]}})
    texts = {"veaf-sync.yaml": settings, "strategy.yaml": STRATEGY, "mapping.yaml": MAPPING}
    clock = SystemClock()
    return config.load_texts(texts, registry.connectors, at=clock.now(), folder=folder), registry, clock


def ours(loaded: Any, registry: Any, clock: Any, folder: Path, *, mapped: bool) -> int:
    """The pass over the site, or the pull alone where not `mapped`; brings the number of issues."""
    from veaf_sync.store import open_store
    from veaf_sync.sync import run_sync

    with open_store(store_in(folder)) as store:
        if not mapped:
            return pull_alone(loaded, registry, store, clock)
        result = run_sync(loaded, registry, store, clock)
        assert not result.degraded, result.sources
        return result.sources[0].items


def store_in(folder: Path) -> str:
    return f"sqlite:///{folder}/ours.db"


def make_store(folder: Path) -> None:
    """An empty store, made by another process: what that needs is needed once, not by every pull."""
    making = "import sys; from veaf_sync.store import open_store; open_store(sys.argv[1]).close()"
    subprocess.run([sys.executable, "-c", making, store_in(folder)], check=True)


def pull_alone(loaded: Any, registry: Any, store: Any, clock: Any) -> int:
    """Pull and publish, without map and measure: their frames grow with the items, a pull's memory must not."""
    from veaf_sync.sync import Sources
    from veaf_sync.sync.holding import holding
    from veaf_sync.sync.progress import SILENT
    from veaf_sync.sync.pull import PullOptions, pull_source

    with holding(store, ["run"]) as leases:
        run = store.runs.begin(clock.now(), loaded.texts, metric_version="bench", lease=leases["run"])
        with Sources(loaded, registry, clock) as sources:
            report = pull_source(sources.reading("site"), store, run, leases["run"], PullOptions(), SILENT)
    assert report.state == "fresh", report
    return int(report.items)


def bare(hello: dict[str, Any], folder: Path) -> int:
    """What a script does: search page after page, one row an issue."""
    user, token = (os.environ[str(hello["source"][name]).removeprefix("env:")] for name in ("user", "token"))
    session = requests.Session()
    session.headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()
    database = sqlite3.connect(folder / "bare.db")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE issues (id TEXT PRIMARY KEY, key TEXT, body TEXT)")
    names = [p["key"] for p in session.get(f"{hello['url']}/rest/api/3/project/search").json()["values"]]
    body: dict[str, Any] = {"jql": f"project in ({','.join(names)}) ORDER BY key", "maxResults": 100}
    body["fields"] = FIELDS.split()
    count = 0
    while True:
        page = session.post(f"{hello['url']}/rest/api/3/search/jql", json=body).json()
        rows = [(issue["id"], issue["key"], json.dumps(issue)) for issue in page["issues"]]
        with database:
            database.executemany("INSERT OR REPLACE INTO issues VALUES (?, ?, ?)", rows)
        count += len(rows)
        if page["isLast"]:
            return count
        body["nextPageToken"] = page["nextPageToken"]


def main() -> None:
    which = sys.argv[1]
    hello = json.loads(sys.stdin.read())
    if which != "bare":
        for module in START_UP:
            importlib.import_module(module)
    with tempfile.TemporaryDirectory() as folder:
        if which != "bare":
            make_store(Path(folder))
            begun = started(hello, Path(folder))
        since, cpu = time.perf_counter(), time.process_time()
        items = bare(hello, Path(folder)) if which == "bare" else ours(*begun, Path(folder), mapped=which == "ours")
        seconds, cpu = time.perf_counter() - since, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"items": items, "seconds": seconds, "cpu": cpu, "peak_mb": peak}))


if __name__ == "__main__":
    main()
