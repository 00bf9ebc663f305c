"""What would keep tags from being written to a site: rights, edit screens and mails. Reads a little, writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from veaf_sync.connector import Rehearsal
from veaf_sync.errors import SourceError
from veaf_sync_jira import jql
from veaf_sync_jira.client import Client
from veaf_sync_jira.goals import Goals
from veaf_sync_jira.properties import NO_PROPERTIES
from veaf_sync_jira.rights import Rights

_MUTE = "only a project administrator may mute them"
MOST = 20
"""So many projects are looked at: a site may have thousands, and each costs three requests."""


class Rehearsing:
    """Asks once a project: its permissions, one of its issues, and the edit screen of that."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._rights = Rights(client)

    def rehearse(self, projects: Sequence[str]) -> Rehearsal:
        tag = self._client.settings.tag
        if tag is None or not projects:
            return Rehearsal()
        if tag.goal:
            return Rehearsal(tuple(self._goals(tag.goals)))
        if tag.property_ and not self._client.site.cloud:
            return Rehearsal((NO_PROPERTIES,))
        looked = projects[:MOST]
        field = "" if tag.property_ else tag.field or "labels"
        problems = [problem for project in looked for problem in self._problems(project, field)]
        notes = []
        if len(looked) < len(projects):
            notes.append(f"{len(looked)} of {len(projects):,} projects were looked at for whether tags can be written.")
        bulk = self._client.site.cloud and not tag.property_
        if bulk and self._rights.may("BULK_CHANGE") is False:
            bulk = False
            notes.append("The global permission Bulk change is missing, so tags are written one issue a request.")
        mute = tag.property_ or (bulk and tag.kind == "label")  # a field of one issue is edited singly
        loud = [] if mute else [project for project in looked if not self._rights.may_mute(project)]
        if loud:
            names = ", ".join(loud)
            if self._client.settings.mail == "never":
                problems.append(f"Edits in {names} mail their watchers, which mail: never refuses: {_MUTE}.")
            else:
                notes.append(f"Edits in {names} mail their watchers: {_MUTE}.")
        return Rehearsal(tuple(problems), tuple(notes))

    def _goals(self, keys: Mapping[str, str]) -> Iterator[str]:
        """Objectives whose goal cannot be linked to."""
        try:
            known = Goals(self._client).read()
        except SourceError as error:
            yield error.message
            return
        for objective, key in keys.items():
            if key not in known:
                yield f"There is no goal {key} that this user sees, which {objective} names as its counterpart."
            elif known[key].archived:
                yield f"The goal {key}, the counterpart of {objective}, is archived: nothing is linked to it."

    def _problems(self, project: str, field: str) -> Iterator[str]:
        if self._rights.may("EDIT_ISSUES", project) is False:
            yield f"Issues of {project} may not be edited by this user, so no tag is written there."
            return
        if not field:
            return  # a property is on no screen
        try:
            shown = self._screen(project)
        except SourceError as error:
            yield error.message
            return
        candidates = ["labels"] if field == "labels" else [one.id for one in (self._client.fields.custom or {})[field]]
        if shown is not None and not any(candidate in shown for candidate in candidates):
            yield f"The field {field!r} is not on the edit screen of {project}; a Jira administrator puts it there."

    def _screen(self, project: str) -> Any:
        """The fields that can be edited on one issue of the project; `None` where it has no issue."""
        what = f"Asking for the edit screen of {project}"
        body: dict[str, Any] = {"jql": jql.whole(project), "maxResults": 1, "fields": ["summary"]}
        path = "search/jql" if self._client.site.cloud else "search"
        data = self._client.call("POST", path, json=body, safe=True, what=what).data
        issues = data.get("issues") if isinstance(data, dict) else None
        if not issues:
            return None
        meta = self._client.call("GET", f"issue/{issues[0]['id']}/editmeta", what=what).data
        return meta.get("fields") if isinstance(meta, dict) else None
