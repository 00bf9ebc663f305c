"""The interface: people, projects, portfolios, tasks, feeds, tags and custom fields."""

from __future__ import annotations

from typing import Any

from veaf_sync.emulator import Request, Response, Routes
from veaf_sync_asana.emulator.refusal import Refused, unknown
from veaf_sync_asana.emulator.service import Service, when
from veaf_sync_asana.emulator.state import Task
from veaf_sync_asana.emulator.views import SITE, field_view, option_view, project_view, task_view

ROOT = "/api/1.0"


class Topics:
    """Every handler takes the request and the parameters of its path."""

    def __init__(self, service: Service, user: str) -> None:
        self._service = service
        self._user = user

    def add_to(self, routes: Routes) -> None:
        for method, path, handler in (
            ("GET", "/users/{user_gid}", self.user),
            ("GET", "/projects", self.projects),
            ("GET", "/projects/{project_gid}", self.project),
            ("GET", "/portfolios/{portfolio_gid}/items", self.portfolio),
            ("GET", "/tasks", self.tasks),
            ("GET", "/tasks/{task_gid}", self.task),
            ("PUT", "/tasks/{task_gid}", self.change),
            ("GET", "/tasks/{task_gid}/subtasks", self.subtasks),
            ("POST", "/tasks/{task_gid}/addTag", self.add_tag),
            ("POST", "/tasks/{task_gid}/removeTag", self.remove_tag),
            ("GET", "/events", self.events),
            ("GET", "/workspaces/{workspace_gid}/tags", self.tags),
            ("POST", "/workspaces/{workspace_gid}/tags", self.create_tag),
            ("GET", "/workspaces/{workspace_gid}/custom_fields", self.fields),
            ("POST", "/custom_fields/{custom_field_gid}/enum_options", self.create_option),
        ):
            routes.add(method, f"{ROOT}{path}", handler)

    def user(self, request: Request, gid: str) -> Response:
        if gid != "me":
            raise unknown("user", gid)
        shown = {"gid": "1100", "resource_type": "user", "name": "Alignment Sync", "email": self._user}
        return self._service.one(request, {**shown, "workspaces": [SITE]})

    def projects(self, request: Request) -> Response:
        self._service.workspace(request.text("workspace"))
        archived = {"true": True, "false": False}.get(request.text("archived"))
        held = self._service.state.projects.values()
        ids = [p.gid for p in held if not p.hidden and archived in (None, p.archived)]
        return self._service.page(request, ids, self._project)

    def project(self, request: Request, gid: str) -> Response:
        return self._service.one(request, self._project(self._service.project(gid).gid))

    def portfolio(self, request: Request, gid: str) -> Response:
        self._service.paid()
        if gid not in self._service.state.portfolios:
            raise unknown("portfolio", gid)
        held = self._service.state.projects
        ids = [each for each in self._service.state.portfolios[gid] if not held[each].hidden]
        return self._service.page(request, ids, self._project)

    def tasks(self, request: Request) -> Response:
        project = self._service.project(request.text("project"))
        ids = list(project.order)
        if since := request.text("modified_since"):
            at, held = when(since, "modified_since"), self._service.state.tasks
            ids = [gid for gid in ids if held[gid].modified >= at]
        return self._service.page(request, ids, self._task)

    def task(self, request: Request, gid: str) -> Response:
        return self._service.one(request, self._task(self._service.task(gid).gid))

    def subtasks(self, request: Request, gid: str) -> Response:
        held = self._service.state.tasks
        ids = [each for each in self._service.task(gid).children if each in held]
        return self._service.page(request, ids, self._task)

    def change(self, request: Request, gid: str) -> Response:
        task = self._service.task(gid)
        for field, value in (data_of(request).get("custom_fields") or {}).items():
            self._set(task, field, value)
        return self._service.one(request, self._task(gid))

    def _set(self, task: Task, gid: str, value: Any) -> None:
        self._service.paid()
        state = self._service.state
        field = state.fields.get(gid)
        if field is None or not any(gid in state.projects[place].fields for place in task.places):
            raise Refused(400, f"Custom field with ID {gid} is not on given object")
        if field.read_only:
            raise Refused(403, "You do not have access to edit this custom field.")
        named = value if isinstance(value, list) else [value] if field.kind == "enum" and value else []
        if any((option := field.option(each)) is None or not option.enabled for each in named):
            raise Refused(400, f"custom_fields: Invalid option for {field.name}")
        if task.values.get(gid) == (value or None):
            return
        task.values[gid] = value or None
        task.modified = self._service.clock.now()
        self._service.feeds.tell(task, "changed", change={"field": "custom_fields", "action": "changed"})

    def add_tag(self, request: Request, gid: str) -> Response:
        task, tag = self._service.task(gid), self._tag(request)
        if tag not in task.tags:
            task.tags.append(tag)
            self._service.feeds.tell(task, "changed", change={"field": "tags", "action": "added"})
        return Response.of({"data": {}})

    def remove_tag(self, request: Request, gid: str) -> Response:
        task, tag = self._service.task(gid), self._tag(request)
        if tag in task.tags:
            task.tags.remove(tag)
            self._service.feeds.tell(task, "changed", change={"field": "tags", "action": "removed"})
        return Response.of({"data": {}})

    def _tag(self, request: Request) -> str:
        gid = str(data_of(request).get("tag", ""))
        if gid not in self._service.state.tags:
            raise unknown("tag", gid)
        return gid

    def events(self, request: Request) -> Response:
        project, token = self._service.project(request.text("resource")), request.text("sync")
        try:
            if not token:
                raise Refused(412, "Sync token invalid or too old.")
            found, following, more = self._service.feeds.read(project, token)
        except Refused as refusal:
            return Response.of(
                {"errors": [{"message": refusal.message}], "sync": self._service.feeds.token(project)}, refusal.status
            )
        events = [self._service.chosen(request, event) for event in found]
        return Response.of({"data": events, "sync": following, "has_more": more})

    def tags(self, request: Request, workspace: str) -> Response:
        self._service.workspace(workspace)
        held = self._service.state.tags
        return self._service.page(request, list(held), self._tag_view)

    def create_tag(self, request: Request, workspace: str) -> Response:
        """A new tag, whether one of that name is there or not."""
        self._service.workspace(workspace)
        made = self._service.state.new_tag(str(data_of(request)["name"]))
        return self._service.one(request, self._tag_view(made.gid), 201)

    def _tag_view(self, gid: str) -> dict[str, Any]:
        tag = self._service.state.tags[gid]
        return {"gid": gid, "resource_type": "tag", "name": tag.name}

    def fields(self, request: Request, workspace: str) -> Response:
        self._service.workspace(workspace)
        self._service.paid()
        held = self._service.state.fields
        return self._service.page(request, list(held), lambda gid: field_view(held[gid]))

    def create_option(self, request: Request, gid: str) -> Response:
        self._service.paid()
        field = self._service.state.fields.get(gid)
        if field is None:
            raise unknown("custom_field", gid)
        if field.kind not in ("enum", "multi_enum"):
            raise Refused(400, "This custom field has no options.")
        name = str(data_of(request)["name"])
        if any(option.name == name for option in field.options):
            raise Refused(400, f"name: There already is an option {name}")
        option = self._service.state.option(field, name)
        return self._service.one(request, option_view(field, option.gid), 201)

    def _project(self, gid: str) -> dict[str, Any]:
        state = self._service.state
        return project_view(state.projects[gid], state.fields, self._service.url())

    def _task(self, gid: str) -> dict[str, Any]:
        return task_view(self._service.state, self._service.state.tasks[gid], self._service.url())


def data_of(request: Request) -> dict[str, Any]:
    """What a change sends. Raises `Refused` (400)."""
    given = request.json()
    data = given.get("data") if isinstance(given, dict) else None
    if not isinstance(data, dict):
        raise Refused(400, "Request body must hold a data object.")
    return data
