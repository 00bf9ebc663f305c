"""Asana on the loopback interface, for demo, sandbox and tests."""

from veaf_sync_asana.emulator.emulator import AsanaEmulator
from veaf_sync_asana.emulator.knobs import Knobs

__all__ = ["AsanaEmulator", "Knobs"]
