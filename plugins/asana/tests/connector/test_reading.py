"""Tasks, sub-tasks and what stands on them, over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from veaf_sync.connector import Absent
from veaf_sync.emulator import Meanwhile, Response, Rewrite, Status
from veaf_sync.errors import AuthError, Forbidden, Incomplete
from veaf_sync.model import Level, StateCategory
from veaf_sync_asana.emulator import Knobs
from veaf_sync_asana.settings import AsanaSettings


def test_all_properties_come_through(asana, connect, clock, pull):
    site = asana(clock=clock)
    made = clock.now()
    gid = site.create("901", "  Ship\tit ", labels=("okr:fast", "area"), assignees=("Ada",), hours=1.5)
    clock.advance(60)
    site.edit(gid, notes="What <b>has</b>\nto be done")
    site.set_field(gid, "Story Points", 5, "number")
    site.set_field(gid, "Priority", "High", "enum")
    site.set_field(gid, "Areas", ["Web", "App"], "multi_enum")
    site.set_field(gid, "Crew", "Payments")
    site.move(gid, "Doing", "901")
    item = pull(connect(site, fields={"team": "Crew"}))[gid]
    assert (item.key, item.title, item.description) == (gid, "Ship it", "What <b>has</b>\nto be done")
    assert (item.type, item.level, item.components) == ("Task", Level.STANDARD, ("Doing",))
    assert (item.state, item.state_category) == ("Doing", StateCategory.IN_PROGRESS)
    assert (item.labels, item.assignees, item.team) == (("okr:fast", "area"), ("Ada",), "Payments")
    assert (item.points, item.hours) == (5.0, 1.5)
    assert (item.created, item.updated, item.completed) == (made, made + timedelta(minutes=1), None)
    assert item.fields == {
        "Story Points": ("5",),
        "Priority": ("High",),
        "Areas": ("Web", "App"),
        "Crew": ("Payments",),
    }
    assert [(place.partition, place.handle, place.tags) for place in item.partitions] == [("901", gid, ("okr:fast",))]
    assert item.url == f"{site.url}/1/1200000000000001/task/{gid}"


def test_missing_is_not_zero(asana, connect, clock, pull):
    site = asana(clock=clock)
    gid = site.create("901", "Bare")
    item = pull(connect(site))[gid]
    assert (item.points, item.hours, item.assignees, item.team) == (None, None, (), "")


@pytest.mark.parametrize(
    ("type_", "below", "settings", "shown", "level"),
    [
        ("Task", False, {}, "Task", Level.STANDARD),
        ("Milestone", False, {}, "Milestone", Level.STANDARD),
        ("Milestone", False, {"levels": {"epic": ["Milestone"]}}, "Milestone", Level.EPIC),
        ("Approval", False, {}, "Approval", Level.STANDARD),
        ("Epic", False, {}, "Epic", Level.EPIC),
        ("Task", True, {}, "Subtask", Level.SUBTASK),
        ("Milestone", True, {}, "Milestone", Level.SUBTASK),
        ("Feature", True, {"levels": {"standard": ["Feature"]}}, "Feature", Level.STANDARD),
    ],
)
def test_types_and_levels(asana, connect, clock, pull, type_, below, settings, shown, level):
    site = asana(clock=clock)
    top = site.create("901", "Top")
    gid = site.create("901", "It", parent=top if below else "", type=type_)
    item = pull(connect(site, **settings))[gid]
    assert (item.type, item.level, item.parent) == (shown, level, top if below else "")


@pytest.mark.parametrize(
    ("status", "section", "done", "settings", "state", "category"),
    [
        ("", "", False, {}, "Open", StateCategory.TODO),
        ("", "", True, {}, "Completed", StateCategory.DONE),
        ("Building", "", False, {"fields": {"status": "Status"}}, "Building", StateCategory.TODO),
        (
            "Building",
            "",
            False,
            {"fields": {"status": "Status"}, "states": {"in_progress": ["Building"]}},
            "Building",
            StateCategory.IN_PROGRESS,
        ),
        ("", "Backlog", False, {}, "Backlog", StateCategory.TODO),
        ("", "Done", False, {}, "Done", StateCategory.IN_PROGRESS),
        ("", "Whatever", False, {}, "Open", StateCategory.TODO),
        ("", "Doing", True, {}, "Doing", StateCategory.DONE),
    ],
)
def test_states(asana, connect, clock, pull, status, section, done, settings, state, category):
    """Completed is what Asana says, whatever a section or a field is called."""
    site = asana(clock=clock)
    gid = site.create("901", "It")
    if status:
        site.set_field(gid, "Status", status, "enum")
    if section:
        site.move(gid, section, "901")
    if done:
        site.complete(gid)
    item = pull(connect(site, **settings))[gid]
    assert (item.state, item.state_category) == (state, category)
    assert (item.completed is not None) is done


def test_sub_tasks_at_any_depth_live_where_the_task_above_them_does(asana, connect, clock, pull, many):
    site = asana(items=many(3, "901"), clock=clock)
    site.add("1001", "902")
    line = ["1001"]
    for depth in range(5):
        line.append(site.create("901", f"Depth {depth}", parent=line[-1]))
    own = site.create("902", "Of its own", parent="1002")
    site.add(own, "902")
    items = pull(connect(site))
    for gid in line:
        assert [place.partition for place in items[gid].partitions] == ["901", "902"]
    assert [place.partition for place in items[own].partitions] == ["902"]
    again = connect(site)
    again.check()
    assert again.get(list(items)) == items


def test_more_than_a_hundred_sub_tasks(asana, connect, clock, pull, many):
    site = asana(items=[*many(1), *many(230, first=2001, parent="1001", level=Level.SUBTASK)], clock=clock)
    assert len(pull(connect(site))) == 231


def test_a_task_of_several_projects_is_one_item(asana, connect, clock, pull, many):
    site = asana(items=many(2, "901", "902"), clock=clock)
    items = pull(connect(site))
    assert {gid: [place.partition for place in item.partitions] for gid, item in items.items()} == {
        "1001": ["901", "902"],
        "1002": ["901", "902"],
    }
    only = pull(connect(site, projects=["902"]))
    assert [place.partition for place in only["1001"].partitions] == ["902"]


def test_projects_are_named_of_portfolios_or_all_open_ones(asana, connect, clock, many):
    site = asana(items=[*many(1, "901"), *many(1, "902", first=2), *many(1, "903", first=3)], clock=clock)
    site.archive_project("903")
    portfolio = site.portfolio("902", "903")

    def names(**settings):
        return [partition.name for partition in connect(site, **settings).partitions()]

    assert names() == ["901", "902"]
    assert names(projects=["903"]) == ["903"]
    assert names(portfolios=[portfolio]) == ["902", "903"]
    assert names(projects=["901"], portfolios=[f"https://app.asana.com/0/portfolio/{portfolio}/list"]) == [
        "901",
        "902",
        "903",
    ]


def test_a_project_that_may_not_be_seen_is_unreadable_and_named(asana, connect, clock, many):
    site = asana(items=many(1, "901"), clock=clock)
    (partition,) = connect(site, projects=["999"]).partitions()
    assert not partition.readable
    assert "may not see it" in partition.reason


def test_a_project_out_of_a_portfolio_is_wanted_only_while_it_cannot_be_seen(asana, connect, clock, many):
    site = asana(items=[*many(1, "901"), *many(1, "902", first=2)], clock=clock)
    connector = connect(site, portfolios=[site.portfolio("901")])
    assert not connector.wants("902"), "it can be seen, so it was taken out"
    site.hide_project("902")
    assert connector.wants("902")


def test_portfolios_are_a_paid_feature_and_that_is_said(asana, connect, clock):
    site = asana(clock=clock, knobs=Knobs(free=True))
    with pytest.raises(Forbidden, match="portfolios are a paid feature"):
        connect(site, portfolios=["77"]).partitions()


def test_the_workspace_is_found_by_name_or_number_and_must_be_clear(asana, connect, clock):
    site = asana(clock=clock)
    assert connect(site, workspace="Acme").check().product == "Asana, workspace Acme"
    with pytest.raises(AuthError, match="sees no workspace 'Other'") as caught:
        connect(site, workspace="Other").check()
    assert "Acme (1200000000000001)" in caught.value.fix

    def two(response):
        body = json.loads(response.body)
        body["data"]["workspaces"].append({"gid": "12", "resource_type": "workspace", "name": "Beta"})
        return Response.of(body)

    site.faults.add(Rewrite(two), path=".*/users/.*", times=None)
    with pytest.raises(AuthError, match="several workspaces"):
        connect(site).check()
    assert connect(site, workspace="12").check().user == "alignment-sync@example.com"


def test_a_walk_whose_place_in_the_list_is_lost_begins_anew(asana, connect, clock, many, pull):
    site = asana(items=many(250), clock=clock)
    pages = connect(site).pages(connect(site).shards(connect(site).partitions(), {})[0], None)
    assert len(next(pages).items) == 100
    site.faults.add(Meanwhile(lambda: clock.advance(7200)), when=lambda request: "offset" in request.query)
    assert len({item.id for page in pages for item in page.items}) == 250


def test_a_task_that_goes_while_its_sub_tasks_are_read_stops_nothing(asana, connect, clock, many, pull):
    site = asana(items=many(3), clock=clock)
    site.create("901", "Below", parent="1002")
    site.faults.add(Meanwhile(lambda: site.delete("1002")), path=".*/batch")
    assert set(pull(connect(site))) >= {"1001", "1003"}


def test_what_is_hidden_is_no_deletion_where_a_named_project_is_hidden(asana, connect, clock, many):
    site = asana(items=[*many(1, "901"), *many(1, "902", first=2001)], clock=clock)
    site.hide_project("902")
    connector = connect(site, projects=["901", "902"])
    assert connector.get(["2001", "5"]) == {"2001": Absent.UNKNOWN, "5": Absent.UNKNOWN}
    assert connect(site, projects=["901"]).get(["5"]) == {"5": Absent.GONE}
    site.knobs.invisible = 403
    assert connect(site, projects=["901"]).get(["2001"]) == {"2001": Absent.FORBIDDEN}


def test_a_deleted_task_takes_what_is_below_it_along(asana, connect, clock, many):
    site = asana(items=many(1), clock=clock)
    below = site.create("901", "Below", parent="1001")
    site.delete("1001")
    assert set(connect(site).get(["1001", below]).values()) == {Absent.GONE}


@pytest.mark.parametrize(
    "body",
    [
        {"data": {}},
        {"data": [{"name": "no id"}]},
        {"data": [], "next_page": {"path": "/somewhere"}},
        [],
        {"data": [{"gid": "1", "name": "x", "tags": None}], "next_page": None},
    ],
)
def test_a_page_of_another_form_is_named_and_none_of_it_taken(asana, connect, clock, many, pull, body):
    site = asana(items=many(1), clock=clock)
    site.faults.add(Rewrite(lambda _: Response.of(body)), path=".*/tasks", times=None)
    with pytest.raises(Incomplete):
        pull(connect(site))


def test_a_list_that_goes_in_circles_ends(asana, connect, clock, many, pull):
    site = asana(items=many(101), clock=clock)

    bodies = []

    def again(response):
        bodies.append(response.body)
        return Response.of(json.loads(bodies[0]))

    site.faults.add(Rewrite(again), path=".*/tasks", times=None)
    with pytest.raises(Incomplete, match="same place"):
        pull(connect(site))


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"site": "https://app.asana.com/0/123"}, "only the beginning"),
        ({"site": "http://app.asana.com"}, "https"),
        ({"projects": ["Payments"]}, "no project"),
        ({"portfolios": ["all"]}, "no portfolio"),
        ({"tag": {"property": "x"}}, "cannot be a property"),
    ],
)
def test_settings_that_cannot_be_are_refused(given, problem):
    with pytest.raises(ValueError, match=problem):
        AsanaSettings.model_validate({"token": "env:T", **given})


def test_projects_may_be_given_as_addresses():
    settings = AsanaSettings.model_validate(
        {
            "token": "env:T",
            "projects": ["https://app.asana.com/0/1203/list", "https://app.asana.com/1/12/project/1204/board", "1203"],
        }
    )
    assert settings.projects == ("1203", "1204")
    assert settings.hosts() == ("app.asana.com",)


def test_a_task_is_found_by_number_or_address(asana, connect, clock, many):
    site = asana(items=[*many(1, "901"), *many(1, "902", first=2001)], clock=clock)
    connector = connect(site, projects=["901"])
    address = f"{site.url}/1/1200000000000001/project/901/task/1001?focus=true"
    old = f"{site.url}/0/901/1001/f"
    elsewhere = "https://app.asana.example/0/901/1001"
    found = connector.find(["1001", address, old, elsewhere, "2001", "PAY-1", "77"])
    assert {name: item.id for name, item in found.items()} == {"1001": "1001", address: "1001", old: "1001"}
    sent = len(site.requests)
    assert connector.find(["PAY-1", elsewhere]) == {}
    assert len(site.requests) == sent


def test_an_archived_project_is_not_wanted_and_a_hidden_one_is(asana, connect, clock, many):
    site = asana(items=[*many(1, "901"), *many(1, "902", first=2)], clock=clock)
    site.archive_project("902")
    connector = connect(site)
    assert [partition.name for partition in connector.partitions()] == ["901"]
    assert not connector.wants("902"), "the open ones are asked for"
    site.hide_project("902")
    assert connector.wants("902"), "of one that cannot be seen nobody knows"
    site.faults.add(Status(500), times=None)
    assert connector.wants("902")
