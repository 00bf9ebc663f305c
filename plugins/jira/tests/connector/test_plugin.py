"""What the distribution brings, and what bringing it costs."""

from __future__ import annotations

import subprocess
import sys

from veaf_sync_jira import plugin
from veaf_sync_jira.connector import JiraConnector
from veaf_sync_jira.emulator import JiraEmulator


def test_hooks_bring_the_connector_and_its_emulator():
    assert plugin.veaf_connectors() == [JiraConnector]
    assert plugin.veaf_emulators() == [JiraEmulator]
    assert JiraEmulator.name == JiraConnector.name == "jira"


def test_loading_the_plugin_imports_no_network_library():
    code = "import sys, veaf_sync_jira.plugin; print([m for m in ('requests', 'jira', 'polars') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
