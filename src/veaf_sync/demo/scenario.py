"""The demo's neutral scenario: what an invented organisation has in its tracker on a given day.

The same instant gives the same items. Everything is dated relative to it, so that the demo looks alive on any day.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from veaf_sync.demo.epics import EPICS, EpicPlan
from veaf_sync.demo.titles import BUG_WORK, INCIDENTS, LAUNCHES, LOOSE, ON_CALL, SPIKES, STORY_WORK, SUBTASKS
from veaf_sync.model import Level, Membership, StateCategory, WorkItem

OBJECTIVE = "Objective"
"""The field in which people say what an item serves; the mapping of `init` reads it."""
PAYMENTS, SHOP, OPERATIONS, LAUNCH = "PAY", "SHOP", "OPS", "LAUNCH"
PROJECTS = (PAYMENTS, SHOP, OPERATIONS, LAUNCH)
PEOPLE = {
    "PAY": ("u-01", "u-02", "u-03", "u-04", "u-05"),
    "SHOP": ("u-06", "u-07", "u-08", "u-09"),
    "OPS": ("u-10", "u-11", "u-12", "u-13", "u-03"),
    "LAUNCH": ("u-14", "u-15", "u-16"),
}
OPEN_STATES = (
    ("To Do", StateCategory.TODO),
    ("In Progress", StateCategory.IN_PROGRESS),
    ("In Review", StateCategory.IN_PROGRESS),
)
LONG_AGO = 130
"""Days: completed before every quarter that the scenario's day can lie in."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An item before the tracker numbers it: created `age` days ago, completed `done` days ago (None: open)."""

    project: str
    kind: str
    title: str
    age: int
    done: int | None = None
    level: Level = Level.STANDARD
    parent: str = ""
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    objective: str = ""
    points: float | None = None
    assigned: bool = True


def scenario(at: datetime) -> tuple[WorkItem, ...]:
    """The organisation's work items as of `at` (aware), of all four projects, in the order they were entered."""
    return _Tracker(at).fill()


class _Tracker:
    """A tracker that is being filled; each project counts its own numbers."""

    def __init__(self, at: datetime) -> None:
        self._at = at.replace(minute=0, second=0, microsecond=0)
        self._items: list[WorkItem] = []
        self._numbers = dict.fromkeys(PROJECTS, 0)
        self._chance = random.Random(2026)  # noqa: S311  the same scenario every time, nothing secret

    def fill(self) -> tuple[WorkItem, ...]:
        for plan in EPICS:
            self._epic(plan)
        self._said_on_stories()
        self._loose()
        self._operations()
        self._launches()
        return tuple(self._items)

    def _epic(self, plan: EpicPlan) -> None:
        age = self._chance.randint(150, 260)
        epic = self._add(
            Draft(
                plan.project,
                "Epic",
                plan.title,
                age,
                level=Level.EPIC,
                labels=plan.labels,
                components=plan.components,
                objective=plan.objective,
            )
        )
        kinds = [kind.format(subject) for subject in plan.subjects for kind in STORY_WORK]
        for number, title in enumerate(self._chance.sample(kinds, plan.stories)):
            story = self._add(self._story(plan, epic, title, number))
            if number % 5 == 2 and story.state_category is StateCategory.IN_PROGRESS:
                self._subtasks(story)
        bug = self._chance.choice(BUG_WORK).format(plan.subjects[0])
        age = self._chance.randint(3, 40)
        self._add(Draft(plan.project, "Bug", bug, age, parent=epic.key, components=plan.components))

    def _story(self, plan: EpicPlan, epic: WorkItem, title: str, number: int) -> Draft:
        """Of ten stories two were done lately, one long ago, seven are open; one of six has no estimate."""
        age = self._chance.randint(25, 120)
        done: int | None = None
        if number % 10 in (3, 7):
            done = self._chance.randint(1, 20)
        elif number % 10 == 5:
            done, age = LONG_AGO + self._chance.randint(0, 40), 210
        points = None if number % 6 == 4 else float(self._chance.choice((1, 2, 3, 3, 5, 8)))
        return Draft(
            plan.project, "Story", title, age, done=done, parent=epic.key, components=plan.components, points=points
        )

    def _subtasks(self, story: WorkItem) -> None:
        for title in self._chance.sample(SUBTASKS, 2):
            age = self._chance.randint(2, 20)
            project = story.partitions[0].partition
            self._add(Draft(project, "Sub-task", title, age, level=Level.SUBTASK, parent=story.key))

    def _said_on_stories(self) -> None:
        """What people said on single stories: another objective, two at once, one that does not exist, or nothing."""
        open_stories = [
            place
            for place, item in enumerate(self._items)
            if item.type == "Story" and item.state_category is not StateCategory.DONE
        ]
        said = self._chance.sample(open_stories, 17)
        words = (
            [("trusted-data",)] * 6
            + [("fast-checkout", "trusted-data")] * 3
            + [("fast-chekout",)] * 5
            + [("none",)] * 3
        )
        for place, objectives in zip(said, words, strict=True):
            self._items[place] = replace(self._items[place], fields={OBJECTIVE: objectives})

    def _loose(self) -> None:
        """Work under no epic that nobody thought about: the orphans, some days to some months old."""
        for number, (project, kind, title) in enumerate(LOOSE):
            points = None if number % 3 else 3.0
            self._add(Draft(project, kind, title, 2 + number * 3, points=points, assigned=number % 4 != 1))

    def _operations(self) -> None:
        """Incidents and work on call, exempt from serving an objective; spikes, said to serve none."""
        for number, title in enumerate(INCIDENTS * 2):
            done = None if number % 3 == 0 else 1 + number // 2
            self._add(Draft(("OPS", "PAY", "SHOP")[number % 3], "Incident", title, 2 + number, done=done))
        for number, title in enumerate(ON_CALL):
            self._add(Draft("OPS", "Task", title, 3 + 2 * number, labels=("oncall",), points=1.0))
        for number, title in enumerate(SPIKES):
            self._add(Draft("SHOP" if number % 2 else "OPS", "Spike", title, 10 + 4 * number, points=2.0))

    def _launches(self) -> None:
        """Work without epics: what is done around a release. The label says which, on most of it."""
        for number, (label, title) in enumerate(LAUNCHES):
            done = 2 + number if number % 5 == 3 else None
            labels = (label,) if label else ()
            task = self._add(Draft("LAUNCH", "Task", title, 12 + 3 * number, done=done, labels=labels))
            if number % 6 == 0:
                self._subtasks(task)

    def _add(self, draft: Draft) -> WorkItem:
        self._numbers[draft.project] += 1
        number = self._numbers[draft.project]
        state, category = ("Done", StateCategory.DONE) if draft.done is not None else self._chance.choice(OPEN_STATES)
        created = self._ago(draft.age)
        touched = draft.done if draft.done is not None else self._chance.randint(0, min(draft.age, 11))
        item = WorkItem(
            id=str((PROJECTS.index(draft.project) + 1) * 10_000 + number),
            key=f"{draft.project}-{number}",
            partitions=(Membership(draft.project),),
            title=draft.title[:1].upper() + draft.title[1:],
            type=draft.kind,
            level=draft.level,
            state=state,
            state_category=category,
            parent=draft.parent,
            labels=draft.labels,
            components=draft.components,
            assignees=(self._chance.choice(PEOPLE[draft.project]),) if draft.assigned and number % 8 else (),
            points=draft.points,
            hours=None if number % 3 == 0 or category is StateCategory.TODO else float(self._chance.randint(1, 24)),
            created=created,
            updated=max(created, self._ago(touched)),
            completed=None if draft.done is None else self._ago(draft.done),
            fields={OBJECTIVE: (draft.objective,)} if draft.objective else {},
        )
        self._items.append(item)
        return item

    def _ago(self, days: int) -> datetime:
        return self._at - timedelta(days=days, hours=self._chance.randint(1, 8))
