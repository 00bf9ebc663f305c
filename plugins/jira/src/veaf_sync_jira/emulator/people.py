"""What people do on the site while the software runs: create, edit, move, delete, and change permissions."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from veaf_sync.clock import Clock
from veaf_sync.model import Level, Membership, StateCategory, WorkItem
from veaf_sync_jira.emulator.goals import GoalsApi, HeldGoal
from veaf_sync_jira.emulator.issue import Issue, millis
from veaf_sync_jira.emulator.items import STATES, ItemLoader
from veaf_sync_jira.emulator.service import Service

_SAID = frozenset({"labels", "parent", "type", "state", "state_category"})


class People:
    """The people's side of an emulator. Needs no request, takes effect at once, shows in searches after the lag."""

    service: Service
    goals: GoalsApi
    lock: threading.RLock
    clock: Clock

    def issue(self, key: str) -> Issue:
        """The present version of an issue, by key, former key or id. Raises `KeyError`."""
        found = self.service.state.find(key)
        if found is None:
            raise KeyError(key)
        return found

    def create_project(self, key: str, name: str = "") -> None:
        """An administrator creates a project, empty at first."""
        with self.lock:
            self.service.state.project(key, name)

    def create(self, project: str, title: str, *, level: Level = Level.STANDARD, **properties: Any) -> str:
        """Somebody creates an issue in `project`; its key comes back. `properties` are those of `WorkItem`."""
        with self.lock:
            state, now = self.service.state, self.clock.now()
            key = f"{project}-{state.new_number(project)}"
            given: dict[str, Any] = {"created": now, "updated": now, "title": title, "level": level, **properties}
            item = WorkItem(id=str(state.new_id()), key=key, partitions=(Membership(project),), **given)
            for issue in ItemLoader(state, now).load([item]):
                state.index.put(issue.id, issue, self.service.due)
            return key

    def edit(self, key: str, **changes: Any) -> None:
        """Somebody edits an issue.

        `changes` are properties of `WorkItem`: title, description, labels, components, milestones, sprints, assignees,
        team, points, hours, parent, type, state, state_category, fields. A list replaces the whole list.
        """
        with self.lock:
            state, issue, now = self.service.state, self.issue(key), self.clock.now()
            said = {name: value for name, value in changes.items() if name in _SAID}
            plain = {name: value for name, value in changes.items() if name not in _SAID}
            loader = ItemLoader(state, now)
            texts = loader.fields(WorkItem(id=str(issue.id), key=issue.key, partitions=(), **plain))
            touched = {id for name in plain for id in loader.field_ids(name, plain[name])}
            kept = {id: text for id, text in issue.fields.items() if id not in touched}
            fields = kept | {id: text for id, text in texts.items() if id in touched}
            state.change(issue, self.service.due, fields=fields, updated=millis(now), **self._said(issue, said))

    def _said(self, issue: Issue, said: Mapping[str, Any]) -> dict[str, Any]:
        state = self.service.state
        new: dict[str, Any] = {}
        if "labels" in said:
            new["labels"] = tuple(sorted(said["labels"]))
        if "parent" in said:
            new["parent"] = self.issue(said["parent"]).id if said["parent"] else 0
        if "type" in said:
            new["type"] = state.issue_type(said["type"], issue.type.level)
        if "state" in said or "state_category" in said:
            name, word = issue.status.name, issue.status.category
            if "state_category" in said:
                name, word = STATES[StateCategory(said["state_category"])]
            new["status"] = state.status(said.get("state", name), word)
            done = new["status"].category == "done"
            new["resolved"] = (issue.resolved or millis(self.clock.now())) if done else None
        return new

    def move(self, key: str, project: str) -> str:
        """Somebody moves an issue to another project; its new key comes back, the old one still leads to it."""
        with self.lock:
            state, issue = self.service.state, self.issue(key)
            state.project(project)
            number, former = state.new_number(project), (*issue.former, issue.key)
            place = {"project": project, "number": number, "former": former, "updated": millis(self.clock.now())}
            return state.change(issue, self.service.due, **place).key

    def delete(self, key: str) -> None:
        """Somebody deletes an issue, its sub-tasks with it."""
        with self.lock:
            state, issue = self.service.state, self.issue(key)
            below = [i for i in state.issues.values() if i.parent == issue.id and i.type.subtask]
            for gone in [issue, *below]:
                state.drop(gone, self.service.due)

    def goal(self, key: str, name: str = "", **properties: Any) -> None:
        """Somebody sets a goal, or changes it. `properties` are those of `HeldGoal`: parent, state, owner, archived."""
        with self.lock:
            held = self.goals.held.setdefault(key, HeldGoal(key, name or key))
            for property_, value in {**({"name": name} if name else {}), **properties}.items():
                setattr(held, property_, value)

    def link(self, key: str, goal: str) -> None:
        """Somebody links an issue to a goal. The issue itself does not change by that."""
        with self.lock:
            self.goals.held[goal].items.append(self.issue(key).id)

    def unlink(self, key: str, goal: str) -> None:
        """Somebody takes the link away."""
        with self.lock:
            self.goals.held[goal].items.remove(self.issue(key).id)

    def link_to(self, key: str, url: str) -> None:
        """Somebody links an issue to an address outside of Jira, which is an edit of the issue."""
        with self.lock:
            issue = self.issue(key)
            self.service.remote.setdefault(issue.id, []).append(url)
            self.service.state.change(issue, self.service.due, updated=millis(self.clock.now()))

    def links(self) -> dict[str, tuple[str, ...]]:
        """Keys of the goals that issues are linked to, by the issues' keys, where there are any."""
        with self.lock:
            found: dict[str, list[str]] = {}
            for goal in self.goals.held.values():
                for id in goal.items:
                    found.setdefault(self.service.state.issues[id].key, []).append(goal.key)
            return {key: tuple(sorted(goals)) for key, goals in sorted(found.items())}

    def forbid(self, project: str) -> None:
        """The user loses the permission to browse a project."""
        with self.lock:
            self.service.forbidden.add(project)

    def allow(self, project: str) -> None:
        """The user may browse the project again."""
        with self.lock:
            self.service.forbidden.discard(project)
