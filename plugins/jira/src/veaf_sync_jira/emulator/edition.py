"""What differs between Jira Cloud and Jira Data Center."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from veaf_sync_jira.emulator.adf import to_adf, to_text

CLOUD_ID = "11111111-2222-4333-8444-555555555555"


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition: its API version, its links, its field ids, and the form of users and rich text.

    `links` is the beginning of `self` links. They do not lead back to the emulator, as in real life: Cloud's bodies
    name the gateway, Data Center's the address that its administrator typed in.
    """

    name: str
    api: str
    links: str
    cloud: bool
    fields: tuple[tuple[str, str], ...]
    custom: tuple[tuple[str, str, str, str], ...]

    @property
    def root(self) -> str:
        return f"/rest/api/{self.api}"

    def link(self, path: str) -> str:
        """A `self` link."""
        return f"{self.links}{self.root}/{path}"

    def field(self, role: str) -> str:
        """The id of the custom field with this role: points, sprint, team, epic_link, parent_link, flagged."""
        return next(id for id, known, *_ in self.custom if known == role)

    def user(self, name: str, display: str = "") -> dict[str, Any]:
        """A user; `name` is the accountId on Cloud and the user name on Data Center."""
        shown = {"displayName": display or name, "active": True, "timeZone": "UTC"}
        if self.cloud:
            return {"self": self.link(f"user?accountId={name}"), "accountId": name, "accountType": "atlassian", **shown}
        return {"self": self.link(f"user?username={name}"), "key": name, "name": name, **shown}

    def rich(self, value: Any) -> Any:
        """Rich text in this edition's form, from either form."""
        if value is None:
            return None
        if self.cloud:
            return to_adf(value) if isinstance(value, str) else value
        return value if isinstance(value, str) else to_text(value)

    def sprint(self, sprint: dict[str, Any]) -> Any:
        """A sprint as the Sprint field shows it: an object on Cloud, the text of a Java object on Data Center."""
        if self.cloud:
            return {key: value for key, value in sprint.items() if value is not None}
        known = ("id", "rapidViewId", "state", "name", "startDate", "endDate", "completeDate", "goal")
        shown = {**sprint, "rapidViewId": sprint.get("boardId"), "state": str(sprint.get("state", "")).upper()}
        pairs = (f"{key}={'<null>' if shown.get(key) is None else shown[key]}" for key in known)
        return f"com.atlassian.greenhopper.service.sprint.Sprint@{int(sprint['id']):x}[{','.join(pairs)}]"


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def compact(value: Any) -> str:
    """A value as JSON text, as it is kept and sent."""
    return _ENCODER.encode(value)


SYSTEM = (
    ("summary", "string"),
    ("issuetype", "issuetype"),
    ("project", "project"),
    ("status", "status"),
    ("labels", "array"),
    ("components", "array"),
    ("fixVersions", "array"),
    ("versions", "array"),
    ("assignee", "user"),
    ("reporter", "user"),
    ("creator", "user"),
    ("priority", "priority"),
    ("resolution", "resolution"),
    ("created", "datetime"),
    ("updated", "datetime"),
    ("resolutiondate", "datetime"),
    ("duedate", "date"),
    ("description", "string"),
    ("environment", "string"),
    ("timespent", "number"),
    ("timeestimate", "number"),
    ("timeoriginalestimate", "number"),
    ("issuelinks", "array"),
    ("subtasks", "array"),
    ("watches", "watches"),
    ("votes", "votes"),
    ("comment", "comments-page"),
    ("attachment", "array"),
    ("parent", "issuelink"),
)
_PYXIS = "com.pyxis.greenhopper.jira:"
_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"

CLOUD = Edition(
    name="cloud",
    api="3",
    links=f"https://api.atlassian.com/ex/jira/{CLOUD_ID}",
    cloud=True,
    fields=SYSTEM,
    custom=(
        ("customfield_10001", "team", "Team", f"{_TYPES}atlassian-team"),
        ("customfield_10011", "epic_name", "Epic Name", f"{_PYXIS}gh-epic-label"),
        ("customfield_10014", "epic_link", "Epic Link", f"{_PYXIS}gh-epic-link"),
        ("customfield_10016", "estimate", "Story point estimate", f"{_PYXIS}jsw-story-points"),
        ("customfield_10018", "parent_link", "Parent Link", "com.atlassian.jpo:jpo-custom-field-parent"),
        ("customfield_10019", "rank", "Rank", f"{_PYXIS}gh-lexo-rank"),
        ("customfield_10020", "sprint", "Sprint", f"{_PYXIS}gh-sprint"),
        ("customfield_10021", "flagged", "Flagged", f"{_TYPES}multicheckboxes"),
        ("customfield_10026", "points", "Story Points", f"{_TYPES}float"),
    ),
)
DATA_CENTER = Edition(
    name="dc",
    api="2",
    links="https://jira.example.invalid",
    cloud=False,
    fields=SYSTEM,
    custom=(
        ("customfield_10100", "epic_link", "Epic Link", f"{_PYXIS}gh-epic-link"),
        ("customfield_10101", "parent_link", "Parent Link", "com.atlassian.jpo:jpo-custom-field-parent"),
        ("customfield_10102", "sprint", "Sprint", f"{_PYXIS}gh-sprint"),
        ("customfield_10103", "points", "Story Points", f"{_TYPES}float"),
        ("customfield_10104", "team", "Team", f"{_TYPES}select"),
        ("customfield_10105", "rank", "Rank", f"{_PYXIS}gh-lexo-rank"),
        ("customfield_10106", "epic_name", "Epic Name", f"{_PYXIS}gh-epic-label"),
        ("customfield_10107", "flagged", "Flagged", f"{_TYPES}multicheckboxes"),
    ),
)
EDITIONS = {edition.name: edition for edition in (CLOUD, DATA_CENTER)}
