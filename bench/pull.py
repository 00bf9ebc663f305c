"""Issues pulled per second against a bare `requests` + SQLite loop over the same emulator, at 0 and at 150 ms.

Ours maps and measures too, pulls eight projects in eight shards, and stores history; the bare loop stores bodies.
Start-up is not measured: ours has its modules and plugins loaded, its configuration read and its empty store made
before the clock starts; who we are, the fields and the roster are asked behind it.
Pairs are run in turn; the ratio is of the medians of wall time.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping

from bench.site import site

PROJECTS = 8


def pulling(which: str, hello: Mapping[str, object]) -> dict[str, float]:
    """One pull in a process of its own: items, seconds, cpu, peak_mb."""
    command = [sys.executable, "-m", "bench.pulling", which]
    done = subprocess.run(command, input=json.dumps(hello), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(count: int, milliseconds: int, rounds: int) -> None:
    with site(count, PROJECTS, milliseconds) as hello:
        times: dict[str, list[float]] = {"bare": [], "ours": []}
        for _ in range(rounds):
            for which, seconds in times.items():
                result = pulling(which, hello)
                assert result["items"] == count, result
                seconds.append(result["seconds"])
    bare, ours = statistics.median(times["bare"]), statistics.median(times["ours"])
    print(
        f"{count:,} issues, {PROJECTS} projects, {milliseconds} ms: bare {bare:.2f} s ({count / bare:,.0f}/s), "
        f"ours with mapping {ours:.2f} s ({count / ours:,.0f}/s), "
        f"ours/bare {ours / bare:.2f}, bare/ours {bare / ours:.2f}"
    )


def main() -> None:
    compare(20_000, 0, 7)
    compare(20_000, 150, 3)


if __name__ == "__main__":
    main()
