"""Goals and what supports them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from veaf_sync.emulator import Request, Response, Routes
from veaf_sync_asana.emulator.refusal import Refused, unknown
from veaf_sync_asana.emulator.service import Service
from veaf_sync_asana.emulator.topics import ROOT, data_of


@dataclass
class HeldGoal:
    """A goal. `supporters` are (kind, number) of tasks, projects and goals."""

    gid: str
    name: str
    owner: str = ""
    status: str = "green"
    due_on: str | None = None
    metric: dict[str, Any] | None = None
    supporters: list[tuple[str, str]] = field(default_factory=list)


class GoalTopics:
    """`held` are the goals of the workspace by number."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.held: dict[str, HeldGoal] = {}

    def add_to(self, routes: Routes) -> None:
        routes.add("GET", f"{ROOT}/goals", self.goals)
        routes.add("GET", f"{ROOT}/goal_relationships", self.relationships)
        routes.add("POST", f"{ROOT}/goals/{{goal_gid}}/addSupportingRelationship", self.support)
        routes.add("POST", f"{ROOT}/goals/{{goal_gid}}/removeSupportingRelationship", self.leave)

    def goals(self, request: Request) -> Response:
        self._service.workspace(request.text("workspace"))
        self._service.paid()
        return self._service.page(request, sorted(self.held), self._goal)

    def relationships(self, request: Request) -> Response:
        self._service.paid()
        goal = self._held(request.text("supported_goal"))
        ids = [f"{goal.gid}9{gid}" for kind, gid in goal.supporters if self._shown(kind, gid)]
        views = dict(zip(ids, [each for each in goal.supporters if self._shown(*each)], strict=True))
        return self._service.page(request, ids, lambda gid: self._relationship(goal, gid, *views[gid]))

    def support(self, request: Request, gid: str) -> Response:
        goal, kind, resource = self._both(request, gid)
        if (kind, resource) in goal.supporters:
            raise Refused(400, "supporting_resource: This resource is already supporting the goal.")
        goal.supporters.append((kind, resource))
        return self._service.one(request, self._relationship(goal, f"{gid}9{resource}", kind, resource))

    def leave(self, request: Request, gid: str) -> Response:
        goal, kind, resource = self._both(request, gid)
        if (kind, resource) not in goal.supporters:
            raise Refused(400, "supporting_resource: This resource is not supporting the goal.")
        goal.supporters.remove((kind, resource))
        return Response.of({"data": {}})

    def _both(self, request: Request, gid: str) -> tuple[HeldGoal, str, str]:
        self._service.paid()
        goal, resource = self._held(gid), str(data_of(request).get("supporting_resource", ""))
        if resource in self.held:
            return goal, "goal", resource
        if resource in self._service.state.projects:
            return goal, "project", self._service.project(resource).gid
        return goal, "task", self._service.task(resource).gid

    def _held(self, gid: str) -> HeldGoal:
        if gid not in self.held:
            raise unknown("goal", gid)
        return self.held[gid]

    def _shown(self, kind: str, gid: str) -> bool:
        state = self._service.state
        if kind == "task":
            return gid in state.tasks and state.visible(state.tasks[gid])
        return kind == "goal" or (gid in state.projects and not state.projects[gid].hidden)

    def _goal(self, gid: str) -> dict[str, Any]:
        goal = self.held[gid]
        owner = {"gid": "1200", "resource_type": "user", "name": goal.owner} if goal.owner else None
        metric = None if goal.metric is None else {"gid": f"{gid}8", "resource_type": "goal_metric", **goal.metric}
        shown = {"gid": gid, "resource_type": "goal", "name": goal.name, "owner": owner, "status": goal.status}
        return {**shown, "due_on": goal.due_on, "metric": metric}

    def _relationship(self, goal: HeldGoal, gid: str, kind: str, resource: str) -> dict[str, Any]:
        state = self._service.state
        name = (
            state.tasks[resource].name
            if kind == "task"
            else state.projects[resource].name
            if kind == "project"
            else self.held[resource].name
        )
        return {
            "gid": gid,
            "resource_type": "goal_relationship",
            "resource_subtype": "subgoal" if kind == "goal" else "supporting_work",
            "supporting_resource": {"gid": resource, "resource_type": kind, "name": name},
            "contribution_weight": 0,
        }
