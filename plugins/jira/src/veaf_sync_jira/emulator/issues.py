"""Reading issues directly: one by one, and Cloud's `bulkfetch`. Neither knows the index or its lag."""

from __future__ import annotations

from veaf_sync.emulator import BadRequest, Request, Response, Routes
from veaf_sync_jira.emulator.properties import with_properties
from veaf_sync_jira.emulator.refusal import Refused
from veaf_sync_jira.emulator.render import Selection
from veaf_sync_jira.emulator.service import Service

_PLAIN_CAP = 100
_COSTLY = frozenset({"comment", "worklog", "attachment"})
_COSTLY_EXPAND = frozenset(
    {
        "changelog",
        "editmeta",
        "operations",
        "renderedFields",
        "transitions",
        "versionedRepresentations",
    }
)


class Issues:
    """`GET /issue/{id or key}` and `POST /issue/bulkfetch`."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def add_to(self, routes: Routes) -> None:
        root = self.service.edition.root
        routes.add("GET", f"{root}/issue/{{issueIdOrKey}}", self.get)
        routes.add("GET", f"{root}/issue/{{issueIdOrKey}}/remotelink", self.remote)
        if self.service.edition.cloud:
            routes.add("POST", f"{root}/issue/bulkfetch", self.bulkfetch)

    def get(self, request: Request, id_or_key: str) -> Response:
        issue = self.service.readable(self.service.caller(request), id_or_key)
        selection = Selection.of(request.query.get("fields", ()), "*all")
        expand = request.text("expand").split(",")
        shown = self.service.renderer.issue(issue, selection, expand)
        names = [name for text in request.query.get("properties", ()) for name in text.split(",")]
        return Response(body=with_properties(self.service, shown, issue, names).encode())

    def remote(self, request: Request, id_or_key: str) -> Response:
        issue = self.service.readable(self.service.caller(request), id_or_key)
        address = self.service.edition.link(f"issue/{issue.key}/remotelink")
        return Response.of(
            [
                {"id": number, "self": f"{address}/{number}", "object": {"url": url, "title": url}}
                for number, url in enumerate(self.service.remote.get(issue.id, ()), 10_000)
            ]
        )

    def bulkfetch(self, request: Request) -> Response:
        """Issues ascending by id; what does not exist or is not visible is simply absent."""
        caller = self.service.caller(request)
        body = request.json()
        if not isinstance(body, dict) or not isinstance(body.get("issueIdsOrKeys"), list):
            raise BadRequest("issueIdsOrKeys must be provided.")
        wanted = [str(id) for id in body["issueIdsOrKeys"]]
        fields, expand = body.get("fields", []), body.get("expand", [])
        cap = self._cap(fields, expand)
        if len(wanted) > cap:
            raise Refused(400, f"The number of issues requested must not exceed {cap}.")
        visible = self.service.visible(caller)
        found = {
            issue.id: issue for issue in map(self.service.state.find, wanted) if issue and issue.project in visible
        }
        selection = Selection.of(fields, "*navigable")
        renderer = self.service.renderer
        names = body.get("properties", ())
        issues = ",".join(
            with_properties(self.service, renderer.issue(found[id], selection, expand), found[id], names)
            for id in sorted(found)
        )
        return Response(body=f'{{"issues":[{issues}],"issueErrors":[]}}'.encode())

    def _cap(self, fields: list[str], expand: list[str]) -> int:
        """Named single-valued fields raise the cap."""
        named = 0 < len(fields) <= 100 and not any(name.startswith("*") for name in fields)
        if named and not _COSTLY.intersection(fields) and not _COSTLY_EXPAND.intersection(expand):
            return self.service.knobs.bulkfetch_cap
        return _PLAIN_CAP
