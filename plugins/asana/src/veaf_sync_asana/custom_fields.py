"""Custom fields that hold our tags: a choice of one, a choice of several, or a text."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from veaf_sync.connector.texts import line
from veaf_sync.errors import Incomplete, Rejected, SourceError
from veaf_sync.model import TagChange
from veaf_sync_asana.client import PAID, Action, Client

_LONGEST_TEXT = 1024
_ONE, _SEVERAL, _TEXT = "enum", "multi_enum", "text"
_ASKED = "name,type,resource_subtype,enum_options,enum_options.name,enum_options.enabled,is_value_read_only"


@dataclass(slots=True)
class CustomField:
    """A field of the workspace; `options` by name, `disabled` the names that can be chosen no more."""

    gid: str
    name: str
    kind: str
    options: dict[str, str] = field(default_factory=dict)
    disabled: frozenset[str] = frozenset()
    read_only: bool = False


class CustomFields:
    """The workspace's custom fields by name, asked for once: one request for every 100."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._known: dict[str, list[CustomField]] | None = None
        self._unpaid = False

    def _named(self, name: str) -> list[CustomField]:
        with self._lock:
            if self._known is None:
                self._known = {}
                path = f"/workspaces/{self._client.site.workspace}/custom_fields"
                try:
                    rows = self._client.rows(path, "Listing the custom fields", opt_fields=_ASKED)
                except Rejected as refusal:
                    if refusal.status != PAID:
                        raise
                    rows, self._unpaid = [], True
                for row in rows:
                    made = _field_of(row)
                    self._known.setdefault(made.name, []).append(made)
            return self._known.get(name, [])

    def unfit(self, name: str) -> str:
        """Why nothing can be written to a field of that name; "" where it can."""
        found = self._named(name)
        if self._unpaid:
            return "Custom fields are a paid feature of Asana; use a tag instead."
        if len(found) != 1:
            several = f"{len(found)} custom fields are" if found else "No custom field of the workspace is"
            return f"{several} called {name!r}."
        if found[0].kind not in (_ONE, _SEVERAL, _TEXT):
            return f"The custom field {name!r} is a {found[0].kind}; a tag needs a choice or a text."
        if found[0].read_only:
            return f"The custom field {name!r} may not be changed by this user."
        return ""

    def refusal(self, change: TagChange) -> str:
        """Why a change cannot be written; "" where it can."""
        name = _name(change)
        if reason := self.unfit(name):
            return reason
        (one,) = self._named(name)
        if one.kind != _SEVERAL and len(change.after) > 1:
            return f"The custom field {name!r} holds one value, and {len(change.after)} would stand there."
        if off := next((value for value in change.adds if value in one.disabled), ""):
            return f"The choice {off!r} of {name!r} is switched off; switch it on again in Asana."
        if one.kind == _TEXT and len("".join(change.after)) > _LONGEST_TEXT:
            return f"The value is longer than the {_LONGEST_TEXT} characters that {name!r} holds."
        return ""

    def requests(self, changes: Sequence[TagChange]) -> int:
        """Choices that would be created, one request each, and one reading for a choice of several."""
        kinds = [self._named(_name(change))[0].kind for change in changes]
        return len(self._lacking(changes)) + (-(-kinds.count(_SEVERAL) // 10))

    def create(self, changes: Sequence[TagChange]) -> dict[str, str]:
        """Create the choices that `changes` need; those there keep their identity. Why that failed, by name."""
        failed = {}
        for name, value in self._lacking(changes):
            (one,) = self._named(name)
            what = f"Creating the choice {value!r} of {name!r}"
            try:
                made = self._client.post(f"/custom_fields/{one.gid}/enum_options", {"name": value}, what)
            except SourceError as error:
                failed[value] = error.message
                continue
            if isinstance(made, dict) and made.get("gid"):
                one.options[value] = str(made["gid"])
            else:
                failed[value] = f"{what}: Asana did not say what became of it."
        return failed

    def actions(self, change: TagChange) -> Iterator[Action]:
        """What writing `change` takes: one action that sets the field."""
        (one,) = self._named(_name(change))
        value: Any
        if one.kind == _TEXT:
            value = change.after[0] if change.after else None
        elif one.kind == _ONE:
            value = one.options[change.after[0]] if change.after else None
        else:
            value = self._now(change, one)
        yield Action("put", f"/tasks/{change.item.id}", {"custom_fields": {one.gid: value}})

    def _now(self, change: TagChange, one: CustomField) -> list[str]:
        """The ids that shall stand in a choice of several: those that stand there at this moment, changed.

        Asana can only set them all at once, so what a person adds between this reading and the writing is lost.
        """
        shown = self._client.ask(
            f"/tasks/{change.item.id}",
            f"Reading {one.name!r} of a task",
            opt_fields="custom_fields.name,custom_fields.multi_enum_values.name",
        ).data.get("data")
        fields = shown.get("custom_fields") if isinstance(shown, dict) else None
        mine = next((each for each in fields or () if isinstance(each, dict) and each.get("gid") == one.gid), None)
        if mine is None:
            raise Incomplete(f"Reading {one.name!r} of a task: the answer does not say what stands there.")
        stand = {str(option["gid"]): line(option.get("name")) for option in mine.get("multi_enum_values") or ()}
        added = (one.options[name] for name in change.adds if name not in stand.values())
        return [*(gid for gid, name in stand.items() if name not in change.removes), *added]

    def _lacking(self, changes: Sequence[TagChange]) -> list[tuple[str, str]]:
        wanted = {(_name(change), value) for change in changes for value in change.adds}
        return sorted(
            (name, value)
            for name, value in wanted
            for one in self._named(name)
            if one.kind != _TEXT and value not in one.options
        )


def _field_of(row: Any) -> CustomField:
    options = [option for option in row.get("enum_options") or () if isinstance(option, dict) and option.get("gid")]
    return CustomField(
        gid=str(row["gid"]),
        name=line(row.get("name")),
        kind=line(row.get("resource_subtype")) or line(row.get("type")),
        options={line(each.get("name")): str(each["gid"]) for each in options if each.get("enabled", True)},
        disabled=frozenset(line(each.get("name")) for each in options if not each.get("enabled", True)),
        read_only=bool(row.get("is_value_read_only")),
    )


def _name(change: TagChange) -> str:
    return change.target.partition(":")[2]
