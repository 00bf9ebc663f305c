"""What people do on GitHub while the software runs."""

from __future__ import annotations

import threading
from typing import Any

from veaf_sync.clock import Clock
from veaf_sync.model import Membership, WorkItem
from veaf_sync_github.emulator.items import ItemLoader
from veaf_sync_github.emulator.state import Content, Item, State


class People:
    """The people's side of an emulator. Needs no request and takes effect at once. Items are named by key or id."""

    state: State
    lock: threading.RLock
    clock: Clock

    def content(self, key: str) -> Content:
        """An issue, pull request or draft, by key, id or (drafts) the id of its item. Raises `KeyError`."""
        if key in self.state.items:
            return self.state.items[key].content
        return self.state.contents[key] if key in self.state.contents else self.state.find(key)

    def place(self, key: str, project: str) -> Item:
        """Its item in a project. Raises `KeyError`."""
        content = self.content(key)
        return next(i for i in self.state.places.get(content.id, ()) if i.project.name == project)

    def create(self, repository: str, title: str, project: str = "", **properties: Any) -> str:
        """Somebody opens an issue; its key comes back. `properties` are those of `WorkItem`."""
        with self.lock:
            now = self.clock.now()
            number = self.state.repository(repository).last + 1
            places = (Membership(project),) if project else ()
            given: dict[str, Any] = {"created": now, "updated": now, "title": title, **properties}
            item = WorkItem(id="", key=f"{repository}#{number}", partitions=places, **given)
            return ItemLoader(self.state, now).load([item])[0].key

    def edit(self, key: str, **changes: Any) -> None:
        """Somebody edits a content: title, body, labels, assignees, milestone, type, parent (a key)."""
        with self.lock:
            content = self.content(key)
            for name, value in changes.items():
                if name == "parent":
                    value = self.content(value).id if value else ""
                if name == "labels":
                    value = list(value)
                    for label in value:
                        assert content.repository is not None  # noqa: S101  drafts have no labels
                        self.state.label(content.repository, label)
                setattr(content, name, value)
            content.updated = self.clock.now()

    def close(self, key: str) -> None:
        """Somebody closes an issue, or merges a pull request."""
        with self.lock:
            content = self.content(key)
            content.state = "MERGED" if content.kind == "PullRequest" else "CLOSED"
            content.closed = content.updated = self.clock.now()

    def set_field(self, key: str, project: str, name: str, value: str | float | None) -> None:
        """Somebody sets a field in a project: the item's clock moves, not the issue's."""
        with self.lock:
            item = self.place(key, project)
            if item.project.fields[name].mirrors:
                values, item.content.updated = item.content.issue_fields, self.clock.now()
            else:
                values, item.updated = item.values, self.clock.now()
            if value is None:
                values.pop(name, None)
            else:
                values[name] = value

    def rename_field(self, project: str, name: str, new: str) -> None:
        """Somebody gives a field of a project another name: no item's clock moves."""
        with self.lock:
            held = self.state.project(project)
            field = held.fields.pop(name)
            field.name = new
            held.fields[new] = field
            for item in held.items:
                if name in item.values:
                    item.values[new] = item.values.pop(name)

    def archive(self, key: str, project: str, *, archived: bool = True) -> None:
        with self.lock:
            item = self.place(key, project)
            item.archived, item.updated = archived, self.clock.now()

    def add(self, key: str, project: str) -> None:
        """Somebody puts an issue into a project."""
        with self.lock:
            self.state.put(self.content(key), self.state.project(project), self.clock.now())

    def remove(self, key: str, project: str) -> None:
        """Somebody takes an item out of a project; the issue stays."""
        with self.lock:
            self.state.take_out(self.place(key, project))

    def reorder(self, key: str, project: str, position: int = 0) -> None:
        """Somebody drags an item to another place; no clock moves."""
        with self.lock:
            item = self.place(key, project)
            item.project.items.remove(item)
            item.project.items.insert(position, item)

    def delete(self, key: str) -> None:
        with self.lock:
            content = self.content(key)
            for below in self.state.contents.values():
                if below.parent == content.id:
                    below.parent = ""
            self.state.delete(content)

    def transfer(self, key: str, repository: str) -> str:
        """Somebody moves an issue to another repository: it is a new one there, in the same projects."""
        with self.lock:
            old, now = self.content(key), self.clock.now()
            target = self.state.repository(repository)
            target.last += 1
            new = Content(self.state.new_id("I"), old.kind, old.title, old.created, now, target, target.last)
            new.body, new.state, new.closed, new.type = old.body, old.state, old.closed, old.type
            new.labels, new.assignees, new.parent = list(old.labels), old.assignees, old.parent
            self.state.hold(new)
            for item in list(self.state.places.get(old.id, ())):
                put = self.state.put(new, item.project, now)
                put.values = dict(item.values)
            for below in self.state.contents.values():
                if below.parent == old.id:
                    below.parent = new.id
            self.state.delete(old)
            return new.key

    def hide_project(self, name: str, *, hidden: bool = True) -> None:
        """The credential may not see a project any more, or again."""
        with self.lock:
            (self.state.hidden_projects.add if hidden else self.state.hidden_projects.discard)(name)

    def hide_repository(self, full: str, *, hidden: bool = True) -> None:
        """The credential may not read a repository: its items stand in projects as redacted ones."""
        with self.lock:
            (self.state.hidden_repositories.add if hidden else self.state.hidden_repositories.discard)(full)
