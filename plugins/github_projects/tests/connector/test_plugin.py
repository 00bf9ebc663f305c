"""What the distribution brings, and what bringing it costs."""

from __future__ import annotations

import subprocess
import sys

from veaf_sync_github import plugin
from veaf_sync_github.connector import GitHubConnector
from veaf_sync_github.emulator import GitHubEmulator


def test_hooks_bring_the_connector_and_its_emulator():
    assert plugin.veaf_connectors() == [GitHubConnector]
    assert plugin.veaf_emulators() == [GitHubEmulator]
    assert GitHubEmulator.name == GitHubConnector.name == "github_projects"


def test_loading_the_plugin_imports_neither_network_nor_graphql():
    heavy = "[m for m in ('requests', 'graphql', 'polars') if m in sys.modules]"
    code = f"import sys, veaf_sync_github.plugin as p; p.veaf_emulators(); print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
