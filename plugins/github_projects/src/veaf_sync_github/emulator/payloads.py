"""Issues and project items as GitHub itself gave them, held as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from veaf_sync_github.emulator.state import Content, Project, State


def load_issue(state: State, payload: Mapping[str, Any], project: Project) -> Content:
    """An issue or pull request of the REST interface, into a project."""
    full = urlsplit(payload["repository_url"]).path.removeprefix("/repos/")
    pull = payload.get("pull_request")
    merged = bool(pull and pull.get("merged_at"))
    closed = _instant(payload["closed_at"])
    content = _held(
        state,
        full,
        payload["number"],
        kind="PullRequest" if pull else "Issue",
        title=payload["title"],
        body=payload["body"] or "",
        created=datetime.fromisoformat(payload["created_at"]),
        updated=datetime.fromisoformat(payload["updated_at"]),
        state="MERGED" if merged else str(payload["state"]).upper(),
        closed=closed,
        labels=[label["name"] for label in payload["labels"]],
        assignees=tuple(person["login"] for person in payload["assignees"]),
        milestone=(payload.get("milestone") or {}).get("title", ""),
    )
    state.put(content, project, content.updated)
    return content


def load_item(state: State, payload: Mapping[str, Any], project: Project, at: datetime) -> Content:
    """An item of `gh project item-list --format json`.

    It tells no times, so all are `at`, and not what is closed: that is what is Done.
    """
    inner = payload["content"]
    content = _held(
        state,
        inner["repository"],
        inner["number"],
        kind=inner["type"],
        title=inner["title"],
        body=inner["body"],
        created=at,
        updated=at,
        state="CLOSED" if payload["status"] == "Done" else "OPEN",
        closed=at if payload["status"] == "Done" else None,
        labels=list(payload.get("labels") or ()),
        assignees=tuple(payload.get("assignees") or ()),
    )
    put = state.put(content, project, at)
    put.values["Status"] = payload["status"]
    return content


def _held(held: State, full: str, number: int, **values: Any) -> Content:
    repository = held.repository(full)
    repository.last = max(repository.last, number)
    id_ = held.new_id("PR" if values["kind"] == "PullRequest" else "I")
    return held.hold(Content(id=id_, repository=repository, number=number, **values))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
