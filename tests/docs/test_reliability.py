"""The page of what is promised under faults is written from tests that are there."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_spec = importlib.util.spec_from_file_location("write_reliability", DOCS / "write_reliability.py")
assert _spec is not None
assert _spec.loader is not None
reliability = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reliability)


def test_every_row_is_proved_for_every_connector_it_can_happen_to() -> None:
    assert list(reliability.flaws()) == []


def test_the_page_is_as_it_would_be_written() -> None:
    assert (DOCS / "reliability.md").read_text(encoding="utf-8") == reliability.page(), "make docs writes it anew"
