"""Run the benchmarks one after the other; each prints what it measured and the ratio to its peer.

`python -m bench [--record FILE] [NAME …]`; the record is a page with everything printed.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

BENCHES = ("pull", "memory", "mapping", "reading")


def run(name: str) -> Iterator[str]:
    """The lines of one benchmark as it prints them."""
    command = [sys.executable, "-u", "-m", f"bench.{name}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield from process.stdout
    if process.returncode:
        sys.exit(process.returncode)


def record(file: Path, printed: dict[str, list[str]]) -> None:
    """Write what was printed as a page."""
    where = f"Python {platform.python_version()}, {os.cpu_count()} processors, {datetime.now(UTC):%Y-%m-%d}"
    parts = ["# Figures\n", f"Written by `python -m bench --record {file.as_posix()}`: {where}.\n"]
    parts += ["Compare ratios; seconds are this machine's. What each measures stands in its file under `bench/`.\n"]
    parts += [f"## {name}\n\n```text\n{''.join(lines)}```\n" for name, lines in printed.items()]
    file.write_text("\n".join(parts), encoding="utf-8")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; default: all")
    arguments.add_argument("--record", type=Path, metavar="FILE")
    given = arguments.parse_args()
    if unknown := [name for name in given.names if name not in BENCHES]:
        arguments.error(f"no benchmark is called {unknown[0]}; there are {', '.join(BENCHES)}")
    printed: dict[str, list[str]] = {}
    for name in given.names or BENCHES:
        print(f"== {name}", flush=True)
        for line in run(name):
            print(line, end="", flush=True)
            printed.setdefault(name, []).append(line)
    if given.record:
        record(given.record, printed)


if __name__ == "__main__":
    main()
