"""The whole loop without an account: an invented organisation in the vendors' emulators, on this machine only.

`run` goes once around the loop and leaves configuration, store and report; `serve` keeps the emulators
running for as long as somebody wants to try things.
"""

from veaf_sync.demo.run import DemoResult, run
from veaf_sync.demo.sandbox import Sandbox, serve
from veaf_sync.demo.scenario import scenario

__all__ = ["DemoResult", "Sandbox", "run", "scenario", "serve"]
