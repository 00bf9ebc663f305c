"""What veaf-sync asks this distribution for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from veaf_sync.connector import Connector
from veaf_sync.hookspecs import hookimpl
from veaf_sync_file.connector import FileConnector


@hookimpl
def veaf_connectors() -> Sequence[type[Connector[Any]]]:
    return (FileConnector,)
