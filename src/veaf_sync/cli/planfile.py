"""Plan files: read and written the same way by `plan`, `show` and `apply`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from veaf_sync.errors import UsageError
from veaf_sync.files import write_whole

if TYPE_CHECKING:
    from veaf_sync.plan import Plan

SIZE_CAP = 500_000_000
"""Bytes: a plan of a million changes has about half of that."""
_BLOCK = 1 << 20


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raises `UsageError` where it cannot be read, `Refused` where it was altered."""
    from veaf_sync.plan import load

    try:
        return load(_content(path).decode())
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(
            f"{path} cannot be read: {reason}. Nothing was written.", fix="veaf-sync plan --out plan.json makes a plan."
        ) from None


def _content(path: Path) -> bytes:
    """All of the file, which may be a pipe. Raises `UsageError` where it is too large, as early as that is known."""
    blocks: list[bytes] = []
    size = path.stat().st_size
    with path.open("rb") as file:
        while size <= SIZE_CAP and (block := file.read(_BLOCK)):
            blocks.append(block)
            size = max(size, len(blocks) * _BLOCK)
    if size > SIZE_CAP:
        raise UsageError(f"{path} is too large for a plan. Nothing was written.")
    return b"".join(blocks)


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan to a file, whole. Raises `UsageError` where it cannot be written; what was there stays then."""
    from veaf_sync.plan import dump

    try:
        write_whole(path, dump(plan))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}. What was there before is as it was.",
            fix="Choose another place: --out F",
        ) from None


def as_document(plan: Plan) -> Mapping[str, Any]:
    """The JSON form, beginning as every document does."""
    from veaf_sync.plan import document

    content = document(plan)
    head = ("format_version", "run", "as_of", "degraded")
    return {name: content[name] for name in head} | content
