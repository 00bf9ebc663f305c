"""The hooks a plugin may implement. Entry-point group: `veaf_sync`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pluggy

from veaf_sync.connector import Connector
from veaf_sync.emulator import Emulator

hookspec = pluggy.HookspecMarker("veaf_sync")
hookimpl = pluggy.HookimplMarker("veaf_sync")


@hookspec
def veaf_connectors() -> Sequence[type[Connector[Any]]]:
    """The connector classes that this plugin brings."""
    raise NotImplementedError


@hookspec
def veaf_emulators() -> Sequence[type[Emulator]]:
    """The emulators of vendors that this plugin brings; `name` is the connector's."""
    raise NotImplementedError
