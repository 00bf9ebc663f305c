"""Fixtures that the tests of the core and of every plugin share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples every time, so that a change is judged by itself; `make test-nightly` looks for new ones.
settings.register_profile("everyday", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("nightly", deadline=None, max_examples=2000)
settings.load_profile("everyday")

ROOT = Path(__file__).parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of worked cases, vendor contracts and real tracker data beside the checkout.

    Skips with a reason where it is absent; in CI (VEAF_SYNC_CI=1) its absence is a failure.
    """
    folder = Path(os.environ.get("VEAF_SYNC_SHARED", ROOT.parent / "shared"))
    if folder.is_dir():
        return folder
    if os.environ.get("VEAF_SYNC_CI"):
        pytest.fail(f"{folder.name}/ is absent although this is CI: the tests that need it would prove nothing")
    pytest.skip(f"needs the folder {folder.name}/ beside the checkout (worked cases, vendor contracts, real data)")
