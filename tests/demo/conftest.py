"""One run of the demo for all tests of this folder, on a day long after its templates were written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from veaf_sync import plugins
from veaf_sync.clock import SystemClock
from veaf_sync.demo import DemoResult, run
from veaf_sync.sync import SILENT


class LaterClock(SystemClock):
    """A real clock that runs some years ahead."""

    def __init__(self, start: datetime) -> None:
        self._ahead: timedelta = start - datetime.now(UTC)

    def now(self) -> datetime:
        return super().now() + self._ahead


@pytest.fixture(scope="session")
def later() -> LaterClock:
    """Tuesday 15 February 2028, in the middle of a quarter."""
    return LaterClock(datetime(2028, 2, 15, 9, 30, tzinfo=UTC))


@pytest.fixture(scope="session")
def loop(tmp_path_factory: pytest.TempPathFactory, later: LaterClock) -> DemoResult:
    """The demo, run once."""
    folder: Path = tmp_path_factory.mktemp("demo") / "veaf-demo"
    return run(folder, plugins.load(), later, SILENT)
