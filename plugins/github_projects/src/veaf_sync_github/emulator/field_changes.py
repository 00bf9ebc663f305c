"""Mutations of project fields and of the organisation's issue fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from veaf_sync.clock import Clock
from veaf_sync_github.emulator.refusal import refuse
from veaf_sync_github.emulator.state import Field, Item, Option, Project, State
from veaf_sync_github.emulator.views import content_view, field_view

if TYPE_CHECKING:
    from veaf_sync_github.emulator.service import Caller
    from veaf_sync_github.emulator.views import Info

Given = Mapping[str, Any]


class FieldChanges:
    """The part of `Mutation` that is about fields."""

    _state: State
    _clock: Clock

    def updateProjectV2ItemFieldValue(self, info: Info, input: Given) -> dict[str, object]:
        item, field = self._place(info.context, input)
        value = input["value"]
        if len(value) != 1:
            raise refuse("UNPROCESSABLE", "Exactly one value must be provided")
        if "text" in value and field.type == "TEXT":
            self._put(item, field, value["text"])
        elif "singleSelectOptionId" in value and field.type == "SINGLE_SELECT":
            option = field.chosen(value["singleSelectOptionId"])
            if option is None:
                raise refuse("UNPROCESSABLE", "The single select option Id does not belong to the field")
            self._put(item, field, option.name)
        else:
            raise refuse("UNPROCESSABLE", f"Column value must be a valid value for {field.type.lower()} column")
        return {"clientMutationId": None}

    def clearProjectV2ItemFieldValue(self, info: Info, input: Given) -> dict[str, object]:
        item, field = self._place(info.context, input)
        self._put(item, field, None)
        return {"clientMutationId": None}

    def updateProjectV2Field(self, info: Info, input: Given) -> dict[str, object]:
        """The options are replaced as a whole; one that comes without its id is another one, and values are cleared."""
        project, field = self._field(info.context, input["fieldId"])
        kept: dict[str, str] = {}
        options = []
        for number, given in enumerate(input.get("singleSelectOptions") or ()):
            same = field.chosen(given["id"]) if given.get("id") else None
            fresh = f"{field.id}-n{number}-{self._clock.now().timestamp():.0f}"
            options.append(Option(same.id if same else fresh, given["name"], given["color"], given["description"]))
            if same:
                kept[same.name] = given["name"]
        field.options[:] = options
        for item in project.items:
            if item.values.get(field.name) is not None:
                value = kept.get(str(item.values[field.name]))
                item.values.pop(field.name) if value is None else item.values.update({field.name: value})
        return {"clientMutationId": None, "projectV2Field": field_view(field)}

    def setIssueFieldValue(self, info: Info, input: Given) -> dict[str, object]:
        content = self._state.contents.get(input["issueId"])
        if content is None or content.kind != "Issue" or not info.context.reads(content):
            raise refuse("NOT_FOUND", f"Could not resolve to a node with the global id of '{input['issueId']}'")
        _must_edit(info.context)
        assert content.repository is not None  # noqa: S101  issues have one
        fields = {f"IF_{one.name}": one for one in self._state.issue_fields(content.repository.owner).values()}
        for given in input["issueFields"]:
            field = fields.get(given["fieldId"])
            if field is None:
                raise refuse("NOT_FOUND", f"Could not resolve to a node with the global id of '{given['fieldId']}'")
            if given.get("delete"):
                content.issue_fields.pop(field.name, None)
            elif "singleSelectOptionId" in given:
                option = field.chosen(given["singleSelectOptionId"])
                if option is None:
                    raise refuse("UNPROCESSABLE", "The option does not belong to the field")
                content.issue_fields[field.name] = option.name
            else:
                content.issue_fields[field.name] = given["textValue"]
        content.updated = self._clock.now()
        return {"clientMutationId": None, "issue": content_view(self._state, content)}

    def _place(self, caller: Caller, given: Given) -> tuple[Item, Field]:
        project, field = self._field(caller, given["fieldId"])
        item = self._state.items.get(given["itemId"])
        if item is None or item.project is not project or project.id != given["projectId"]:
            raise refuse("NOT_FOUND", f"Could not resolve to a node with the global id of '{given['itemId']}'")
        if field.mirrors:
            raise refuse("UNPROCESSABLE", "Issue fields cannot be updated through the project")
        return item, field

    def _field(self, caller: Caller, id_: str) -> tuple[Project, Field]:
        for project in self._state.projects.values():
            for field in project.fields.values():
                if field.id == id_ and caller.sees(project):
                    _must_edit(caller)
                    return project, field
        raise refuse("NOT_FOUND", f"Could not resolve to a node with the global id of '{id_}'")

    def _put(self, item: Item, field: Field, value: str | None) -> None:
        if item.values.get(field.name) == value:
            return
        if value is None:
            item.values.pop(field.name)
        else:
            item.values[field.name] = value
        item.updated = self._clock.now()


def _must_edit(caller: Caller) -> None:
    if not caller.edits:
        raise refuse("FORBIDDEN", "Resource not accessible by personal access token")
