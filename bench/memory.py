"""Peak memory of the pull alone, at 10,000 and at 200,000 issues: it must not grow with them."""

from __future__ import annotations

from bench.pull import PROJECTS, pulling
from bench.site import site


def main() -> None:
    peaks = {}
    for count in (10_000, 200_000):
        with site(count, PROJECTS, 0) as hello:
            result = pulling("pull", hello)
            assert result["items"] == count, result
        peaks[count] = result["peak_mb"]
        print(f"{count:,} issues: peak {result['peak_mb']:.0f} MB, {result['seconds']:.1f} s", flush=True)
    print(f"ratio {peaks[200_000] / peaks[10_000]:.2f}")


if __name__ == "__main__":
    main()
