"""What the distribution brings, and what bringing it costs."""

from __future__ import annotations

import subprocess
import sys

from veaf_sync_asana import plugin
from veaf_sync_asana.connector import AsanaConnector
from veaf_sync_asana.emulator import AsanaEmulator


def test_hooks_bring_the_connector_and_its_emulator():
    assert plugin.veaf_connectors() == [AsanaConnector]
    assert plugin.veaf_emulators() == [AsanaEmulator]
    assert AsanaEmulator.name == AsanaConnector.name == "asana"


def test_loading_the_plugin_imports_no_network():
    code = "import sys, veaf_sync_asana.plugin; print([m for m in ('requests', 'polars') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
