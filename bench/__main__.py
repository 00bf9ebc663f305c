"""Run the benchmarks one after the other; each prints what it measured and the ratio to its peer."""

from __future__ import annotations

import subprocess
import sys

BENCHES = ("pull", "memory", "mapping", "reading")


def main() -> None:
    chosen = sys.argv[1:] or BENCHES
    for name in chosen:
        if name not in BENCHES:
            sys.exit(f"No benchmark is called {name}. There are: {', '.join(BENCHES)}")
        print(f"== {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)


if __name__ == "__main__":
    main()
