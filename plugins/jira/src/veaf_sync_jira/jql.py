"""Queries in Jira's language, with nothing in them that was not checked."""

from __future__ import annotations

import re
from collections.abc import Iterable

from veaf_sync.errors import Rejected

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_ISSUE_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[0-9]+")


def project(key: str) -> str:
    """A project key, quoted: keys such as `AND` or `IN` are words of the language otherwise."""
    if not _KEY.fullmatch(key):
        raise Rejected(f"{key[:40]!r} is not a project key.")
    return f'"{key}"'


def issue(key: str) -> str:
    """An issue key, quoted."""
    if not _ISSUE_KEY.fullmatch(key):
        raise Rejected(f"{key[:40]!r} is not an issue key.")
    return f'"{key}"'


def whole(key: str) -> str:
    """Everything in a project, in an order that edits cannot shift."""
    return f"project = {project(key)} ORDER BY key ASC"


def behind(key: str, last: str) -> str:
    """What comes behind the issue `last` in a project."""
    return f"project = {project(key)} AND issuekey > {issue(last)} ORDER BY key ASC"


def from_issue(key: str, first: str) -> str:
    """The issue `first` and what comes behind it in a project."""
    return f"project = {project(key)} AND issuekey >= {issue(first)} ORDER BY key ASC"


def changed(keys: Iterable[str], since: int) -> str:
    """What changed in projects since an instant, in epoch milliseconds: a date would be read in the user's zone."""
    return f"project in ({', '.join(map(project, keys))}) AND updated >= {since:d} ORDER BY key ASC"


def inside(key: str) -> str:
    """Everything in a project, for counting."""
    return f"project = {project(key)}"
