"""The tool in memory keeps the contract that it is used to prove others by."""

from datetime import UTC, datetime

import pytest

from veaf_sync.testing import ConnectorContract, ManualClock, MemorySubject, Subject


class TestMemory(ConnectorContract):
    @pytest.fixture
    def subject(self) -> Subject:
        return MemorySubject(ManualClock(datetime(2026, 11, 24, 12, tzinfo=UTC)))
