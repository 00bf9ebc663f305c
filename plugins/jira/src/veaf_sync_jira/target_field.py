"""The custom field that holds our tags: a text of one line, a choice of one, or a choice of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from veaf_sync.errors import Rejected
from veaf_sync.model import TagChange
from veaf_sync_jira.client import Client

_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"
TEXT, ONE, SEVERAL = f"{_TYPES}textfield", f"{_TYPES}select", f"{_TYPES}multiselect"
_LONGEST_TEXT = 255


@dataclass(frozen=True, slots=True)
class TargetField:
    """The field on a project's edit screen; `options` (ids by value) are `None` where Jira does not list them."""

    id: str
    kind: str
    options: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class BulkEdit:
    """An edit that Cloud makes for many issues at once: the field's id, and `editedFieldsInput`."""

    field: str
    input: Mapping[str, Any]


class TargetFields:
    """By project and name, asked of the edit screen of one of its issues: one request a project."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[tuple[str, str], TargetField | str] = {}

    def of(self, change: TagChange) -> TargetField | str:
        """The field that a change writes, or why it cannot be written there."""
        name, project = change.target.partition(":")[2], change.key.rpartition("-")[0]
        if (project, name) not in self._known:
            self._known[project, name] = self._ask(change, name, project)
        return self._known[project, name]

    def refusal(self, change: TagChange) -> str:
        """Why Jira would not take a change; "" where it would."""
        target = self.of(change)
        if isinstance(target, str):
            return target
        name = change.target.partition(":")[2]
        if target.kind not in (TEXT, ONE, SEVERAL):
            kind = target.kind.rpartition(":")[2] or "system field"
            return f"The field {name!r} is a {kind}; a tag needs a text of one line or a choice."
        if target.kind != SEVERAL and len(change.after) > 1:
            return f"The field {name!r} holds one value, and {len(change.after)} would stand there."
        if target.kind == TEXT and len("".join(change.after)) > _LONGEST_TEXT:
            return f"The value is longer than the {_LONGEST_TEXT} characters that {name!r} holds."
        if target.options is not None and (new := next((v for v in change.adds if v not in target.options), "")):
            return f"The field {name!r} has no choice {new!r}; a Jira administrator adds it in the field's context."
        return ""

    def whole(self, change: TagChange) -> bool:
        """Whether writing a change replaces what stands in the field: all but a choice of several."""
        target = self.of(change)
        return isinstance(target, TargetField) and target.kind != SEVERAL

    def body(self, change: TagChange) -> dict[str, Any]:
        """The edit of one issue. A choice of several takes operations; the others are set whole."""
        target = self.of(change)
        assert isinstance(target, TargetField)  # noqa: S101  `refusal` comes first
        if target.kind == SEVERAL:
            adds = [{"add": {"value": value}} for value in change.adds]
            return {"update": {target.id: [*adds, *({"remove": {"value": value}} for value in change.removes)]}}
        value = change.after[0] if change.after else None
        return {"fields": {target.id: {"value": value} if value is not None and target.kind == ONE else value}}

    def bulk_edit(self, change: TagChange) -> BulkEdit | None:
        """The same for many issues; `None` where it is none that Cloud's bulk edit makes, or cannot be made at all."""
        target = self.of(change)
        if isinstance(target, str) or self.refusal(change):
            return None
        value = change.after[0] if change.after else None
        if target.kind == TEXT:
            return BulkEdit(target.id, {"singleLineTextFields": [{"fieldId": target.id, "text": value or ""}]})
        if target.kind != ONE or target.options is None:
            return None
        option = -1 if value is None else int(target.options[value])
        return BulkEdit(target.id, {"singleSelectFields": [{"fieldId": target.id, "option": {"optionId": option}}]})

    def _ask(self, change: TagChange, name: str, project: str) -> TargetField | str:
        candidates = (self._client.fields.custom or {}).get(name, ())
        path = f"issue/{change.handle or change.item.id}/editmeta"
        try:
            data = self._client.call("GET", path, what=f"Asking for the edit screen of {project}").data
        except Rejected as refusal:
            return refusal.message
        shown = data.get("fields") if isinstance(data, dict) else None
        found = next((each.id for each in candidates if isinstance(shown, dict) and each.id in shown), "")
        if not found:
            return f"The field {name!r} is not on the edit screen of {project}; a Jira administrator puts it there."
        meta: Mapping[str, Any] = shown[found] if isinstance(shown, dict) and isinstance(shown[found], dict) else {}
        schema = meta.get("schema")
        kind = str(schema.get("custom") or "") if isinstance(schema, dict) else ""
        return TargetField(found, kind, _options(meta.get("allowedValues")))


def _options(allowed: Any) -> dict[str, str] | None:
    if not isinstance(allowed, Sequence) or isinstance(allowed, str):
        return None
    return {
        str(option["value"]): str(option["id"])
        for option in allowed
        if isinstance(option, dict) and "value" in option and str(option.get("id", "")).isdecimal()
    }
