"""`items` and `orphans`: the work items behind a number."""

from __future__ import annotations

from veaf_sync.read.answer import Answer, Part


class Alignment(Part):
    """The share of an item that goes to an objective."""

    objective: str
    share: float


class Item(Part):
    """A work item with its verdict.

    `id` is the ITEM reference `source:KEY`; `owner` the assignee as `people` in the settings says (empty:
    nobody, or hidden); `age_days` whole 24-hour days since creation, null where the tool does not say;
    `fix` the closest change that would align it (unreadable: what helps to read it), empty where there is none or
    none is needed.
    """

    id: str
    source: str
    key: str
    title: str
    url: str
    level: str
    type: str
    state: str
    partition: str
    team: str
    owner: str
    age_days: int | None
    counted: bool
    verdict: str
    objectives: list[Alignment]
    exemption: str
    origin: str | None
    rule: str | None
    reason: str
    fix: str


class ItemsAnswer(Answer):
    """Items by age, the oldest first. `total` is how many the filters find; `--limit` may show fewer.

    `count` is what they count as in `coverage` and `objectives`: less than `total` where an item gives only a share to
    the objectives asked for; null with `--all`. `not_counted` is how many `--all` would list where nothing is found.
    """

    total: int
    count: float | None = None
    not_counted: int = 0
    items: list[Item]
