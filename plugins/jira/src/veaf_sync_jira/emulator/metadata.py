"""What the site says about itself: server, user, fields, types, statuses, permissions, and the roster of projects."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from veaf_sync.emulator import Request, Response, Routes
from veaf_sync_jira.emulator.edition import CLOUD_ID
from veaf_sync_jira.emulator.issue import Project, millis, stamp
from veaf_sync_jira.emulator.refusal import Refused
from veaf_sync_jira.emulator.service import Service

_MAX_PROJECTS = 100


class Metadata:
    """serverInfo, myself, field, issuetype, status, mypermissions, project/search (Cloud), project (Data Center)."""

    def __init__(self, service: Service, url: Callable[[], str]) -> None:
        self.service = service
        self.url = url

    def add_to(self, routes: Routes) -> None:
        cloud = self.service.edition.cloud
        for root in ("/rest/api/2", "/rest/api/3") if cloud else ("/rest/api/2",):
            routes.add("GET", f"{root}/serverInfo", self.server)
            routes.add("GET", f"{root}/myself", self.myself)
            routes.add("GET", f"{root}/field", self.fields)
        root = self.service.edition.root
        routes.add("GET", f"{root}/issuetype", self.types)
        routes.add("GET", f"{root}/status", self.statuses)
        routes.add("GET", f"{root}/mypermissions", self.permissions)
        routes.add("GET", f"{root}/project/{{projectIdOrKey}}", self.project)
        if cloud:
            routes.add("GET", "/_edge/tenant_info", self.tenant)
            routes.add("GET", f"{root}/project/search", self.project_pages)
        else:
            routes.add("GET", f"{root}/project", self.projects)

    def tenant(self, request: Request) -> Response:
        return Response.of({"cloudId": CLOUD_ID})

    def server(self, request: Request) -> Response:
        """Open to everybody, as Jira's is."""
        now = stamp(millis(self.service.now), self.service.zone)
        shown: dict[str, Any] = {
            "baseUrl": self.url(),
            "serverTime": now,
            "serverTitle": "Jira",
            "buildNumber": 100_300,
        }
        if self.service.edition.cloud:
            shown |= {"version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud"}
        else:
            shown |= {"version": "10.3.24", "versionNumbers": [10, 3, 24], "deploymentType": "Server"}
        return Response.of(shown)

    def myself(self, request: Request) -> Response:
        self.service.known_caller(request)
        shown = self.service.edition.user(self.service.user.partition("@")[0], "Alignment Sync")
        zone = self.service.knobs.time_zone
        return Response.of({**shown, "emailAddress": self.service.user, "timeZone": zone, "locale": "en_US"})

    def fields(self, request: Request) -> Response:
        self.service.caller(request)
        cloud = self.service.edition.cloud
        shown = []
        for id, kind in self.service.edition.fields:
            schema: dict[str, Any] = {"type": kind, "system": id} | ({"items": "string"} if kind == "array" else {})
            shown.append(_field(id, id.capitalize(), [id], schema, custom=False, cloud=cloud))
        for id, (name, kind) in self.service.state.custom.items():
            number = int(id.removeprefix("customfield_"))
            schema = {"type": _schema_type(kind), "custom": kind, "customId": number}
            shown.append(_field(id, name, [f"cf[{number}]", name], schema, custom=True, cloud=cloud))
        return Response.of(shown)

    def types(self, request: Request) -> Response:
        self.service.caller(request)
        return Response(body=f"[{','.join(known.json for known in self.service.state.types.values())}]".encode())

    def statuses(self, request: Request) -> Response:
        self.service.caller(request)
        return Response(body=f"[{','.join(known.json for known in self.service.state.statuses.values())}]".encode())

    def permissions(self, request: Request) -> Response:
        """The caller's own permissions; Cloud wants them named."""
        caller = self.service.caller(request)
        knobs = self.service.knobs
        wanted = [name for name in request.text("permissions").split(",") if name]
        if self.service.edition.cloud and not wanted:
            raise Refused(400, "The 'permissions' query parameter is required.")
        project = request.text("projectKey")
        if project and project not in self.service.visible(caller):
            raise Refused(404, f"No project could be found with key '{project}'.")
        held = {
            "BROWSE_PROJECTS": bool(self.service.visible(caller)),
            "EDIT_ISSUES": caller.edits and project not in knobs.locked,
            "BULK_CHANGE": caller.edits and knobs.bulk_change,
            "ADMINISTER": caller.edits and knobs.admin,
            "ADMINISTER_PROJECTS": caller.edits and knobs.admin,
        }
        shown = {
            name: {
                "id": str(number),
                "key": name,
                "name": name.replace("_", " ").capitalize(),
                "type": "GLOBAL" if name in ("BULK_CHANGE", "ADMINISTER") else "PROJECT",
                "description": "",
                "havePermission": have,
            }
            for number, (name, have) in enumerate(held.items())
            if not wanted or name in wanted
        }
        return Response.of({"permissions": shown})

    def project(self, request: Request, id_or_key: str) -> Response:
        found = self.service.view(self.service.caller(request)).visible_project(id_or_key)
        if found is None:
            raise Refused(404, f"No project could be found with key '{id_or_key}'.")
        return Response.of(self._shown(found, request.text("expand")))

    def projects(self, request: Request) -> Response:
        """All visible projects at once, by key (Data Center)."""
        seen = self.service.visible(self.service.caller(request))
        return Response.of([self._shown(self.service.state.projects[key], "") for key in sorted(seen)])

    def project_pages(self, request: Request) -> Response:
        """The roster in pages of at most 100 (Cloud); only live projects exist here."""
        seen = self.service.visible(self.service.caller(request))
        wanted = {key for text in request.query.get("keys", ()) for key in text.split(",")}
        status = {value for text in request.query.get("status", ["live"]) for value in text.split(",")}
        keys = sorted(key for key in seen if "live" in status and (not wanted or key in wanted))
        start, size = int(request.text("startAt", "0")), min(int(request.text("maxResults", "50")), _MAX_PROJECTS)
        page = [
            self._shown(self.service.state.projects[key], request.text("expand")) for key in keys[start : start + size]
        ]
        link = self.service.edition.link("project/search")
        shown: dict[str, Any] = {
            "self": f"{link}?startAt={start}&maxResults={size}",
            "maxResults": size,
            "startAt": start,
            "total": len(keys),
            "isLast": start + size >= len(keys),
            "values": page,
        }
        if not shown["isLast"]:
            shown["nextPage"] = f"{link}?startAt={start + size}&maxResults={size}"
        return Response.of(shown)

    def _shown(self, project: Project, expand: str) -> dict[str, Any]:
        shown: dict[str, Any] = {"expand": "description,lead,issueTypes,url,projectKeys", **json.loads(project.json)}
        if self.service.edition.cloud:
            shown = {"style": "classic", "isPrivate": False, "properties": {}, **shown}
            if "insight" in expand.split(","):
                shown["insight"] = self._insight(project)
        return shown

    def _insight(self, project: Project) -> dict[str, Any]:
        updates = [issue.updated for issue in self.service.state.issues.values() if issue.project == project.key]
        shown: dict[str, Any] = {"totalIssueCount": len(updates)}
        if updates:
            shown["lastIssueUpdateTime"] = stamp(max(updates), self.service.zone)
        return shown


def _field(
    id: str, name: str, clauses: list[str], schema: dict[str, Any], *, custom: bool, cloud: bool
) -> dict[str, Any]:
    shown = {"id": id, "name": name, "custom": custom, "orderable": True, "navigable": True, "searchable": True}
    return {**shown, **({"key": id} if cloud else {}), "clauseNames": clauses, "schema": schema}


def _schema_type(kind: str) -> str:
    """The value's type of a custom field's kind."""
    word = kind.rpartition(":")[2]
    if word in ("float", "jsw-story-points"):
        return "number"
    if word in ("multiselect", "multicheckboxes", "gh-sprint"):
        return "array"
    return {"atlassian-team": "team", "select": "option", "gh-epic-label": "string"}.get(word, "any")
