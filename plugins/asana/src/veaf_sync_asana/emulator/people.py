"""What people do in Asana while the software runs."""

from __future__ import annotations

import threading
from typing import Any

from veaf_sync.clock import Clock
from veaf_sync.model import Membership, WorkItem
from veaf_sync_asana.emulator.goals import GoalTopics, HeldGoal
from veaf_sync_asana.emulator.items import ItemLoader
from veaf_sync_asana.emulator.service import Service
from veaf_sync_asana.emulator.state import Project, State, Task


class People:
    """The people's side of an emulator. Needs no request and takes effect at once.

    As the vendor's description has it, moving a task and tagging it leave its `modified_at` alone; the feeds tell of
    both. Of what is below a task that is moved or deleted they say nothing.
    """

    state: State
    service: Service
    goals: GoalTopics
    lock: threading.RLock
    clock: Clock

    def goal(self, gid: str, name: str = "", **properties: Any) -> None:
        """Somebody sets a goal, or changes it. `properties` are those of `HeldGoal`: owner, status, due_on, metric."""
        with self.lock:
            held = self.goals.held.setdefault(gid, HeldGoal(gid, name or gid))
            for property_, value in {**({"name": name} if name else {}), **properties}.items():
                setattr(held, property_, value)

    def link(self, resource: str, goal: str, kind: str = "task") -> None:
        """Somebody lets a task, a project or a goal support a goal. It does not change by that."""
        with self.lock:
            self.goals.held[goal].supporters.append((kind, resource))

    def unlink(self, resource: str, goal: str, kind: str = "task") -> None:
        """Somebody takes that back."""
        with self.lock:
            self.goals.held[goal].supporters.remove((kind, resource))

    def links(self) -> dict[str, tuple[str, ...]]:
        """Numbers of the goals that tasks support, by the tasks' numbers, where there are any."""
        with self.lock:
            found: dict[str, list[str]] = {}
            for goal in self.goals.held.values():
                for kind, gid in goal.supporters:
                    if kind == "task":
                        found.setdefault(gid, []).append(goal.gid)
            return {gid: tuple(sorted(goals)) for gid, goals in sorted(found.items())}

    def create(self, project: str, title: str, parent: str = "", **properties: Any) -> str:
        """Somebody makes a task in a project, or below another; its id comes back."""
        with self.lock:
            now = self.clock.now()
            places = (Membership(project),) if project and not parent else ()
            given: dict[str, Any] = {"created": now, "updated": now, "title": title, **properties}
            (task,) = ItemLoader(self.state, now).load(
                [WorkItem(id="", key="", partitions=places, parent=parent, **given)]
            )
            if parent:
                self.service.feeds.tell(task, "added", parent=_named(self.state.tasks[parent].gid, "task"))
            else:
                self.service.feeds.tell(task, "added", parent=_named(next(iter(task.places), ""), "project"))
            return task.gid

    def edit(self, gid: str, **changes: Any) -> None:
        """Somebody edits a task: name, notes, assignee, subtype, custom_type, minutes."""
        with self.lock:
            task = self.state.tasks[gid]
            for name, value in changes.items():
                setattr(task, name, value)
            task.modified = self.clock.now()
            self.service.feeds.tell(task, "changed", change={"field": next(iter(changes), "name"), "action": "changed"})

    def complete(self, gid: str, *, completed: bool = True) -> None:
        with self.lock:
            task = self.state.tasks[gid]
            task.completed = task.modified = self.clock.now()
            if not completed:
                task.completed = None
            self.service.feeds.tell(task, "changed", change={"field": "completed", "action": "changed"})

    def set_field(self, gid: str, name: str, value: Any, kind: str = "text") -> None:
        """Somebody sets a custom field: of choices by their names."""
        with self.lock:
            task, field = self.state.tasks[gid], self.state.custom_field(name, kind)
            for place in task.places:
                if field.gid not in self.state.projects[place].fields:
                    self.state.projects[place].fields.append(field.gid)
            if kind == "enum" and value:
                value = self.state.option(field, value).gid
            elif kind == "multi_enum":
                value = [self.state.option(field, each).gid for each in value]
            task.values[field.gid] = value or None
            task.modified = self.clock.now()
            self.service.feeds.tell(task, "changed", change={"field": "custom_fields", "action": "changed"})

    def tag(self, gid: str, name: str) -> None:
        """Somebody adds a tag: no clock moves."""
        with self.lock:
            task, tag = self.state.tasks[gid], self.state.tag(name)
            if tag.gid not in task.tags:
                task.tags.append(tag.gid)
                self.service.feeds.tell(task, "changed", change={"field": "tags", "action": "added"})

    def untag(self, gid: str, name: str) -> None:
        with self.lock:
            task = self.state.tasks[gid]
            task.tags = [tag for tag in task.tags if self.state.tags[tag].name != name]
            self.service.feeds.tell(task, "changed", change={"field": "tags", "action": "removed"})

    def add(self, gid: str, project: str) -> None:
        """Somebody puts a task into a project more."""
        with self.lock:
            task, into = self.state.tasks[gid], self._project(project)
            if into.gid not in task.places:
                self.state.put(task, into)
                self.service.feeds.tell(task, "added", parent=_named(into.gid, "project"), projects=[into.gid])

    def remove(self, gid: str, project: str) -> None:
        """Somebody takes a task out of a project."""
        with self.lock:
            task, out_of = self.state.tasks[gid], self._project(project)
            if out_of.gid in task.places:
                self.service.feeds.tell(task, "removed", parent=_named(out_of.gid, "project"), projects=[out_of.gid])
                self.state.take_out(task, out_of)

    def move(self, gid: str, section: str, project: str) -> None:
        """Somebody drags a task to another section: no clock moves."""
        with self.lock:
            task, where = self.state.tasks[gid], self._project(project)
            task.places[where.gid] = self.state.section(where, section)
            parent = _named(task.places[where.gid], "section")
            self.service.feeds.tell(task, "added", parent=parent, projects=[where.gid])

    def rename_section(self, project: str, name: str, new: str) -> None:
        with self.lock:
            where = self._project(project)
            gid = self.state.section(where, name)
            where.sections[gid] = new
            self.service.feeds.tell_section(where, gid)

    def put_below(self, gid: str, parent: str) -> None:
        """Somebody makes a task a sub-task of another, or (no parent) a task of its own again."""
        with self.lock:
            task, before = self.state.tasks[gid], self.state.homes(self.state.tasks[gid])
            if parent and any(each.gid == gid for each in self.state.lineage(self.state.tasks[parent])):
                return
            if task.parent in self.state.tasks:
                self.state.tasks[task.parent].children.remove(gid)
            task.parent = parent
            self.state.hold(task)
            task.modified = self.clock.now()
            homes = before | self.state.homes(task)
            self.service.feeds.tell(task, "changed", change={"field": "parent", "action": "changed"}, projects=homes)
            if parent:
                above = _named(parent, "task")
                self.service.feeds.tell(task, "added", parent=above, projects=self.state.homes(task))

    def reorder(self, gid: str, project: str, position: int = 0) -> None:
        """Somebody drags a task to another place in its project; nothing tells of it."""
        with self.lock:
            order = self._project(project).order
            if gid in order:
                order.remove(gid)
                order.insert(position, gid)

    def delete(self, gid: str) -> None:
        """Somebody throws a task away, and what is below it with it."""
        with self.lock:
            task = self.state.tasks[gid]
            self.service.feeds.tell(task, "deleted")
            for one in self.state.below(task):
                self.state.trash[one.gid] = self.state.tasks.pop(one.gid)
                for place in one.places:
                    self.state.projects[place].order.remove(one.gid)

    def restore(self, gid: str) -> None:
        """Somebody takes a task out of the trash, and what was below it with it."""
        with self.lock:
            stack = [gid]
            while stack:
                task = self.state.trash.pop(stack.pop())
                self.state.tasks[task.gid] = task
                for place in task.places:
                    self.state.projects[place].order.append(task.gid)
                stack += [child for child in task.children if child in self.state.trash]
            self.service.feeds.tell(self.state.tasks[gid], "undeleted")

    def hide_project(self, project: str, *, hidden: bool = True) -> None:
        """The credential may not see a project any more, or again."""
        with self.lock:
            self._project(project).hidden = hidden

    def archive_project(self, project: str, *, archived: bool = True) -> None:
        with self.lock:
            self._project(project).archived = archived

    def portfolio(self, *projects: str) -> str:
        """Somebody makes a portfolio of these projects; its id comes back."""
        with self.lock:
            gid = self.state.gid()
            self.state.portfolios[gid] = [self._project(each).gid for each in projects]
            return gid

    def labels(self, gid: str) -> frozenset[str]:
        """The names of a task's tags."""
        with self.lock:
            return frozenset(self.state.tags[tag].name for tag in self.state.tasks[gid].tags)

    def task(self, gid: str) -> Task:
        return self.state.tasks[gid]

    def _project(self, name: str) -> Project:
        return self.state.project(name)


def _named(gid: str, kind: str) -> dict[str, Any]:
    return {"gid": gid, "resource_type": kind, "name": kind}
