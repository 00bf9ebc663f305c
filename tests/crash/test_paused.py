"""A process that was paused beyond its lease, another that took over meanwhile, and the first waking up again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa

from veaf_sync import plugins
from veaf_sync.clock import SystemClock
from veaf_sync.demo import scenario
from veaf_sync.emulator import Meanwhile
from veaf_sync.model import Level, StateCategory

STRATEGY = """
vision: {title: Every order arrives, narrative: Fewer lost orders., horizon: 2028-12-31}
objectives: [{id: fast, title: Fast checkout}]
"""
MAPPING = "rules: [{name: all, when: {}, objective: fast}]\n"


@pytest.fixture(params=["sqlite", "postgresql"])
def organisation(request, new_url, tmp_path):
    """A Jira server with seven issues, a store, and the command that writes their tags."""
    clock = SystemClock()
    site = plugins.load().emulators["jira"](profile="dc", clock=clock)
    work = [i for i in scenario(clock.now()) if i.level is Level.STANDARD and i.state_category != StateCategory.DONE]
    site.load(work[:7])
    url = new_url(request.param)
    with site:
        source = {**site.source(), "tag": {"label": "okr:{objective}"}}
        settings = {"version": 1, "store": url, "sources": {"jira": source}}
        for name, text in (
            ("veaf-sync.yaml", json.dumps(settings)),
            ("strategy.yaml", STRATEGY),
            ("mapping.yaml", MAPPING),
        ):
            (tmp_path / name).write_text(text)
        yield site, url, [sys.executable, "-m", "veaf_sync", "-C", str(tmp_path)], {**os.environ, **site.environment}


def expire(url):
    """A minute passes: only the database's clock decides that."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE leases SET expires = 0"))
    engine.dispose()


def puts(site):
    return sum(one.method == "PUT" for one in site.requests)


@pytest.mark.parametrize("where", ["PUT", "GET"])
def test_a_paused_process_that_lost_its_lease_writes_nothing(organisation, where):
    site, url, command, environment = organisation
    paused = threading.Event()
    first: subprocess.Popen[str]

    def pause():
        os.kill(first.pid, signal.SIGSTOP)
        paused.set()

    # At its third write, or as it looks at what it is about to write.
    path = r"/issue/\d+$" if where == "PUT" else r"/search$|/issue/"
    site.faults.add(Meanwhile(pause), method=where if where == "PUT" else "", path=path, nth=3 if where == "PUT" else 2)
    first = subprocess.Popen(
        [*command, "sync", "--write"], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert paused.wait(60)
    refused = subprocess.run([*command, "sync", "--write"], env=environment, text=True, capture_output=True, timeout=60)
    assert refused.returncode == 4
    assert "has been at work" in refused.stderr
    expire(url)
    second = subprocess.run([*command, "sync", "--write"], env=environment, text=True, capture_output=True, timeout=60)
    assert second.returncode == 0, second.stderr
    tags, written = site.tags(), puts(site)
    assert all(values.count("okr:fast") == 1 for values in tags.values())
    os.kill(first.pid, signal.SIGCONT)
    _, said = first.communicate(timeout=60)
    assert first.returncode not in (0, 70), said
    assert "lease" in said
    assert puts(site) == written, "it woke up and wrote nothing more"
    assert site.tags() == tags
    proof = subprocess.run([*command, "audit", "verify"], env=environment, text=True, capture_output=True, timeout=60)
    assert proof.returncode == 0, proof.stdout
