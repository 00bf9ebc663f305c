"""The change feeds of projects: places in them that are good for a day, and a hundred events an answer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from veaf_sync.clock import Clock
from veaf_sync_asana.emulator.knobs import Knobs
from veaf_sync_asana.emulator.refusal import Refused
from veaf_sync_asana.emulator.state import Project, State, Task
from veaf_sync_asana.emulator.views import compact, stamp

MOST = 100


class Feeds:
    def __init__(self, state: State, clock: Clock, knobs: Knobs) -> None:
        self._state = state
        self._clock = clock
        self._knobs = knobs

    def tell(
        self,
        task: Task,
        action: str,
        *,
        parent: dict[str, Any] | None = None,
        change: dict[str, Any] | None = None,
        projects: Collection[str] | None = None,
    ) -> None:
        """Something was done to a task: the feeds of its projects tell of it, and of those of the tasks above."""
        self._note(compact(task), action, self._state.homes(task) if projects is None else projects, parent, change)

    def tell_section(self, project: Project, gid: str) -> None:
        section = {"gid": gid, "resource_type": "section", "name": project.sections[gid]}
        self._note(section, "changed", [project.gid], None, {"field": "name", "action": "changed"})

    def _note(
        self,
        resource: dict[str, Any],
        action: str,
        projects: Collection[str],
        parent: dict[str, Any] | None,
        change: dict[str, Any] | None,
    ) -> None:
        now = self._clock.now()
        event: dict[str, Any] = {
            "user": None,
            "resource": resource,
            "type": resource["resource_type"],
            "action": action,
            "parent": parent,
            "created_at": stamp(now),
        }
        if change is not None:
            event["change"] = change
        for gid in () if self._knobs.deaf else projects:
            self._state.projects[gid].events.append((now, event))

    def token(self, project: Project) -> str:
        """A place in a project's feed: its end now."""
        return _token(len(project.events), self._clock.now())

    def read(self, project: Project, token: str) -> tuple[list[dict[str, Any]], str, bool]:
        """Up to a hundred events behind a place, the place behind them, and whether there are more.

        Raises `Refused` (412) for a place that is not known any more.
        """
        place, _, begun = token.partition("-")
        try:
            index, at = int(place), datetime.fromtimestamp(float(begun), self._clock.now().tzinfo)
        except ValueError:
            raise Refused(412, "Sync token invalid or too old.") from None
        if index > len(project.events) or self._clock.now() - at > timedelta(hours=self._knobs.token_hours):
            raise Refused(412, "Sync token invalid or too old.")
        found = [event for _, event in project.events[index : index + MOST]]
        more = index + MOST < len(project.events)
        return found, _token(index + len(found), self._clock.now()), more


def _token(index: int, at: datetime) -> str:
    return f"{index}-{at.timestamp():.6f}"
