"""What this distribution brings to veaf-sync. Entry point of the group `veaf_sync`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from veaf_sync.connector import Connector
from veaf_sync.hookspecs import hookimpl
from veaf_sync_asana.connector import AsanaConnector

if TYPE_CHECKING:
    from veaf_sync.emulator import Emulator


@hookimpl
def veaf_connectors() -> Sequence[type[Connector[Any]]]:
    return [AsanaConnector]


@hookimpl
def veaf_emulators() -> Sequence[type[Emulator]]:
    from veaf_sync_asana.emulator import AsanaEmulator  # a server that only demo, sandbox and tests start

    return [AsanaEmulator]
