"""The neutral scenario's work items as GitHub would hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from veaf_sync.model import StateCategory, WorkItem
from veaf_sync_github.emulator.state import Content, Project, State

OWNER = "acme"
_KEY = re.compile(r"([\w.-]+/[\w.-]+)#(\d+)")
_PROJECT = re.compile(r"[\w.-]+/\d+")


class ItemLoader:
    """Puts work items into repositories and projects.

    Components are labels, in lower case. Keys `owner/repo#7` and partitions `owner/3` are taken as they are; others,
    such as PAY-7 in PAY, become `acme/pay#7` in a project of their own. Points go to a number field Estimate, sprints
    to an iteration field Sprint, other fields to text fields of the project.
    """

    def __init__(self, state: State, now: datetime) -> None:
        self._state = state
        self._now = now

    def load(self, items: Iterable[WorkItem]) -> list[Content]:
        """The contents of these items, held. Raises `ValueError` naming an item that GitHub cannot hold."""
        batch = list(items)
        held = {item.key: self._content(item) for item in batch}
        for item in batch:
            if item.parent in held:
                held[item.key].parent = held[item.parent].id
            self._places(item, held[item.key])
        return list(held.values())

    def _content(self, item: WorkItem) -> Content:
        created = item.created or self._now
        updated = item.updated or created
        if "#draft" in item.key:
            draft = Content(self._state.new_id("DI"), "DraftIssue", item.title, created, updated, body=item.description)
            draft.assignees = item.assignees
            return self._state.hold(draft)
        full, number = self._key(item)
        repository = self._state.repository(full)
        pull = item.type == "Pull request"
        done = item.state_category is StateCategory.DONE
        repository.last = max(repository.last, number)
        tags = (tag for place in item.partitions for tag in place.tags)
        return self._state.hold(
            Content(
                id=self._state.new_id("PR" if pull else "I"),
                kind="PullRequest" if pull else "Issue",
                title=item.title,
                created=created,
                updated=updated,
                repository=repository,
                number=number,
                body=item.description,
                state=("MERGED" if pull else "CLOSED") if done else "OPEN",
                closed=(item.completed or updated) if done else None,
                labels=list(dict.fromkeys([*item.labels, *map(str.lower, item.components), *tags])),
                assignees=item.assignees,
                milestone=item.milestones[0] if item.milestones else "",
                type="" if pull or item.type == "Issue" else item.type,
            )
        )

    def _key(self, item: WorkItem) -> tuple[str, int]:
        if found := _KEY.fullmatch(item.key):
            return found[1], int(found[2])
        if found := re.fullmatch(r"(\w+)-(\d+)", item.key):
            return f"{OWNER}/{found[1].lower()}", int(found[2])
        raise ValueError(f"{item.key}: GitHub cannot hold an item of that key")

    def _places(self, item: WorkItem, content: Content) -> None:
        for place in item.partitions:
            project = self._project(place.partition)
            put = self._state.put(content, project, content.updated)
            if item.state and item.state.upper() not in ("OPEN", "CLOSED", "MERGED"):
                put.values["Status"] = item.state
            if item.points is not None:
                self._state.add_field(project, "Estimate", "NUMBER")
                put.values["Estimate"] = item.points
            if item.sprints:
                self._state.add_field(project, "Sprint", "ITERATION")
                put.values["Sprint"] = item.sprints[-1]
            for name, texts in item.fields.items():
                field = self._state.add_field(project, name, "TEXT")
                if field.mirrors:
                    content.issue_fields[name] = ", ".join(texts)
                else:
                    put.values[name] = ", ".join(texts)

    def _project(self, partition: str) -> Project:
        if _PROJECT.fullmatch(partition):
            return self._state.project(partition)
        known = next((p for p in self._state.projects.values() if p.title == partition), None)
        number = 1 + sum(project.owner == OWNER for project in self._state.projects.values())
        return known or self._state.project(f"{OWNER}/{number}", partition)
