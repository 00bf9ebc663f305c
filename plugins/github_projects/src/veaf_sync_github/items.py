"""From what GitHub shows of an issue, a pull request or a draft to a work item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from veaf_sync.connector import BOARD_STATES, USUAL_LEVELS
from veaf_sync.connector.texts import clean, instant, line, number
from veaf_sync.errors import Incomplete
from veaf_sync.model import Level, Membership, StateCategory, WorkItem
from veaf_sync_github.roster import Project
from veaf_sync_github.settings import GitHubSettings

STATUS = ("Status",)
POINTS = ("Story Points", "Points", "Estimate", "Size")
"""Number fields that hold points where `fields: {points: …}` names none."""


class ItemReader:
    """Reads items of these projects. `names` are the names of their fields, as `f0`, `f1` … in answers."""

    def __init__(self, settings: GitHubSettings, projects: Sequence[Project]) -> None:
        self.names = tuple(sorted({name for project in projects for name in project.fields}))
        self._settings = settings
        self._projects = {project.id: project for project in projects}
        self._levels = {name.lower(): level for level, names in settings.levels.items() for name in names}
        self._states = {name.lower(): category for category, names in settings.states.items() for name in names}
        roles = {role.lower(): names for role, names in settings.fields.items()}
        self._status = roles.get("status", STATUS)
        self._points = roles.get("points", POINTS)
        self._team = roles.get("team", ())

    def read(self, place: Mapping[str, Any] | None, content: Mapping[str, Any] | None) -> WorkItem | None:
        """The item behind a project's item; `None` where its content may not be seen. Raises `Incomplete`."""
        try:
            if content is None:
                return None
            if content.get("__typename") == "DraftIssue":
                return self._draft(place or {}, content)
            return self._work(content, place)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            name = line((content or {}).get("url"))[-60:] or "without an address"
            raise Incomplete(f"An item ({name}) is not of the form asked for: {type(error).__name__}.") from None

    def _work(self, raw: Mapping[str, Any], place: Mapping[str, Any] | None) -> WorkItem:
        repository = line(raw["repository"]["nameWithOwner"])
        pull = raw["__typename"] == "PullRequest"
        labels = tuple(dict.fromkeys(clean(label["name"]) for label in raw["labels"]["nodes"] if label))
        places = [node for node in raw["projectItems"]["nodes"] if node] or ([place] if place else [])
        values = self._values(places)
        state = line(raw["pullState"] if pull else raw["state"])
        type_ = line((raw.get("issueType") or {}).get("name")) or ("Pull request" if pull else "Issue")
        parent = raw.get("parent")
        closed = state != "OPEN"
        status = _first(values, self._status)
        return WorkItem(
            id=_id(raw["id"]),
            key=f"{repository}#{int(raw['number'])}",
            partitions=self._memberships(places, labels),
            title=line(raw["title"]),
            type=type_,
            level=self._level(type_),
            state=status or state.capitalize(),
            state_category=StateCategory.DONE if closed else self._category(status, draft=False),
            parent=f"{line(parent['repository']['nameWithOwner'])}#{int(parent['number'])}" if parent else "",
            url=_url(raw["url"]),
            description=clean(raw["bodyText"]).strip(),
            labels=labels,
            components=(repository,),
            milestones=(milestone,) if (milestone := line((raw.get("milestone") or {}).get("title"))) else (),
            completed=instant(raw["closedAt"]) if closed else None,
            **self._common(raw, places, values),
        )

    def _draft(self, place: Mapping[str, Any], raw: Mapping[str, Any]) -> WorkItem:
        project = self._projects[place["project"]["id"]]
        number_ = int(place["fullDatabaseId"])
        values = self._values([place])
        status = _first(values, self._status)
        return WorkItem(
            id=_id(place["id"]),
            key=f"{project.name}#draft-{number_}",
            partitions=self._memberships([place], ()),
            title=line(raw["title"]),
            type="Draft",
            level=self._level("Draft"),
            state=status or "Open",
            state_category=self._category(status, draft=True),
            url=f"{project.url}?pane=issue&itemId={number_}" if project.url else "",
            description=clean(raw["bodyText"]).strip(),
            **self._common(raw, [place], values),
        )

    def _common(
        self,
        raw: Mapping[str, Any],
        places: Sequence[Mapping[str, Any]],
        values: Mapping[str, Sequence[Mapping[str, Any]]],
    ) -> dict[str, Any]:
        """What drafts have, too. `updated` is the latest of the content's clock and those of its places."""
        return {
            "assignees": tuple(line(person["login"]) for person in raw["assignees"]["nodes"] if person),
            "sprints": _texts(values, lambda value: value["__typename"] == "ProjectV2ItemFieldIterationValue"),
            "team": _first(values, self._team),
            "points": self._number(values),
            "created": instant(raw["createdAt"]),
            "updated": _latest([raw["updatedAt"], *(place.get("updatedAt") for place in places)]),
            "fields": {name: texts for name in values if (texts := tuple(dict.fromkeys(_all_texts(values[name]))))},
        }

    def _memberships(self, places: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> tuple[Membership, ...]:
        ours = {self._projects[of].name: place for place in places if (of := place["project"]["id"]) in self._projects}
        return tuple(Membership(name, _id(ours[name]["id"]), self._tags(ours[name], labels)) for name in sorted(ours))

    def _tags(self, place: Mapping[str, Any], labels: Sequence[str]) -> tuple[str, ...]:
        """What stands at the tag target: of labels those that have our form, of a field every value in this project."""
        tag = self._settings.tag
        if tag is None:
            return ()
        if tag.field is None:
            return tuple(label for label in labels if tag.objective(label) is not None)
        value = place.get(f"f{self.names.index(tag.field)}") if tag.field in self.names else None
        return tuple(sorted(_texts_of(value))) if value else ()

    def _values(self, places: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
        """The values of every field by its name, over all projects of this source, in the order of their names."""
        ours = sorted(
            (place for place in places if place["project"]["id"] in self._projects),
            key=lambda place: self._projects[place["project"]["id"]].name,
        )
        return {name: [place[f"f{n}"] for place in ours if place.get(f"f{n}")] for n, name in enumerate(self.names)}

    def _level(self, type_: str) -> Level:
        return self._levels.get(type_.lower()) or USUAL_LEVELS.get(type_.lower(), Level.STANDARD)

    def _category(self, status: str, *, draft: bool) -> StateCategory:
        """The category of an open item: what `states` says, else the usual names; only drafts are done by a name."""
        told = self._states.get(status.lower())
        usual = BOARD_STATES.get(status.lower(), StateCategory.TODO)
        if told is not None:
            return told
        return StateCategory.IN_PROGRESS if usual is StateCategory.DONE and not draft else usual

    def _number(self, values: Mapping[str, Sequence[Mapping[str, Any]]]) -> float | None:
        for name in self._points:
            for value in values.get(name, ()):
                found = (value.get("issueFieldValue") or value).get("number")
                if isinstance(found, (int, float)) and not isinstance(found, bool):
                    return float(found)
        return None


def _latest(stamps: Sequence[Any]) -> datetime | None:
    return max((clock for clock in map(instant, stamps) if clock), default=None)


def _id(value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > 200:
        raise ValueError("no id")
    return value


def _url(value: Any) -> str:
    url = line(value)
    return url if url.startswith(("https://", "http://")) else ""


def _first(values: Mapping[str, Sequence[Mapping[str, Any]]], names: Sequence[str]) -> str:
    return next((text for name in names for text in _all_texts(values.get(name, ()))), "")


def _texts(values: Mapping[str, Sequence[Mapping[str, Any]]], wanted: Any) -> tuple[str, ...]:
    found = (text for name in values for text in _all_texts([value for value in values[name] if wanted(value)]))
    return tuple(dict.fromkeys(found))


def _all_texts(values: Sequence[Mapping[str, Any]]) -> list[str]:
    return [text for value in values for text in _texts_of(value)]


def _texts_of(value: Mapping[str, Any]) -> list[str]:
    """The texts of one value of any type; where a field mirrors an organisation's issue field it is an inner one."""
    inner = value.get("issueFieldValue") or value
    if isinstance(options := inner.get("options"), list):
        return [text for option in options if (text := line(option["name"]))]
    shown = (line(inner.get(name)) for name in ("text", "name", "title", "date"))
    text = next((text for text in shown if text), "") or number(inner.get("number"))
    return [text] if text else []
