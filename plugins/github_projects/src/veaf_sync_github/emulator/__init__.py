"""An emulator of GitHub Projects: see `GitHubEmulator`, its `knobs`, and what `People` do there."""

from veaf_sync_github.emulator.emulator import GitHubEmulator, own_schema
from veaf_sync_github.emulator.knobs import Knobs

__all__ = ["GitHubEmulator", "Knobs", "own_schema"]
