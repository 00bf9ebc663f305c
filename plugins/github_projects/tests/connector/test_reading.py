"""What is read: issues, pull requests and drafts, in one project or several, archived, hidden, moved and gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from veaf_sync.connector import Absent
from veaf_sync.errors import AuthError, Incomplete
from veaf_sync.model import Level, Membership, StateCategory, WorkItem
from veaf_sync_github.emulator import Knobs
from veaf_sync_github.settings import GitHubSettings

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def test_an_issue_has_what_github_and_its_project_say(github, connect, clock, pull):
    epic = WorkItem(id="", key="acme/shop#1", partitions=(Membership("acme/1"),), title="All of it", type="Epic")
    item = WorkItem(
        id="",
        key="acme/shop#2",
        partitions=(Membership("acme/1"),),
        title="Basket  forgets\tthings",
        type="Bug",
        state="In Progress",
        parent="acme/shop#1",
        description="Why it matters.",
        labels=("okr:fast", "red"),
        milestones=("v2",),
        sprints=("Sprint 7",),
        assignees=("ada", "bob"),
        points=5,
        created=DAY,
        updated=DAY + timedelta(hours=3),
        fields={"Squad": ("Blue",), "Objective": ("fast",)},
    )
    site = github(items=[epic, item], clock=clock)
    found = pull(connect(site, fields={"team": "Squad"}))
    assert found["acme/shop#1"].level is Level.EPIC
    read = found["acme/shop#2"]
    assert (read.title, read.type, read.state) == ("Basket forgets things", "Bug", "In Progress")
    assert (read.state_category, read.level) == (StateCategory.IN_PROGRESS, Level.STANDARD)
    assert (read.parent, read.description, read.points) == ("acme/shop#1", "Why it matters.", 5.0)
    assert (read.labels, read.milestones, read.sprints) == (("okr:fast", "red"), ("v2",), ("Sprint 7",))
    assert (read.assignees, read.team, read.components) == (("ada", "bob"), "Blue", ("acme/shop",))
    assert (read.created, read.updated, read.completed) == (DAY, DAY + timedelta(hours=3), None)
    assert read.url == "https://github.com/acme/shop/issues/2"
    assert read.fields["Objective"] == ("fast",)
    assert [(place.partition, place.tags) for place in read.partitions] == [("acme/1", ("okr:fast",))]


def test_closed_is_done_whatever_the_board_says(github, connect, clock, pull, many):
    site = github(items=many(3, state="Todo"), clock=clock)
    site.close("acme/shop#1")
    site.set_field("acme/shop#2", "acme/1", "Status", "Done")
    found = pull(connect(site))
    assert (found["acme/shop#1"].state_category, found["acme/shop#1"].completed) == (StateCategory.DONE, clock.now())
    assert found["acme/shop#2"].state_category is StateCategory.IN_PROGRESS, "its issue is open"
    assert found["acme/shop#3"].state_category is StateCategory.TODO
    named = pull(connect(site, states={"in_progress": ["Todo"], "done": ["Done"]}))
    assert named["acme/shop#2"].state_category is StateCategory.DONE, "the configuration says so"
    assert named["acme/shop#3"].state_category is StateCategory.IN_PROGRESS


@pytest.mark.parametrize("name", ["in_progress", "Indeterminate", "In review", "Doing"])
def test_the_usual_names_of_states_are_known_without_settings(github, connect, clock, pull, many, name):
    found = pull(connect(github(items=many(1, state=name), clock=clock)))
    assert [item.state_category for item in found.values()] == [StateCategory.IN_PROGRESS]


def test_a_pull_request_and_a_draft_are_items_too(github, connect, clock, pull):
    pull_request = WorkItem(
        id="",
        key="acme/shop#9",
        partitions=(Membership("acme/1"),),
        type="Pull request",
        state_category=StateCategory.DONE,
        completed=DAY,
        updated=DAY,
    )
    draft = WorkItem(id="", key="acme/1#draft-1", partitions=(Membership("acme/1"),), title="Think", points=2)
    site = github(items=[pull_request, draft], clock=clock)
    found = pull(connect(site))
    merged = found.pop("acme/shop#9")
    assert (merged.type, merged.state, merged.state_category) == ("Pull request", "Merged", StateCategory.DONE)
    assert merged.url == "https://github.com/acme/shop/pull/9"
    (key, thought), *rest = found.items()
    assert not rest
    assert key.startswith("acme/1#draft-")
    assert (thought.title, thought.type, thought.points) == ("Think", "Draft", 2.0)
    assert thought.url.startswith("https://github.com/orgs/acme/projects/1?pane=issue&itemId=")
    assert connect(site).get([thought.id]) == {thought.id: thought}


def test_an_issue_in_two_projects_is_one_item_with_the_values_of_both(github, connect, clock, pull, many):
    site = github(items=many(1, "acme/1", "acme/2", points=3), clock=clock)
    site.set_field("acme/shop#1", "acme/2", "Status", "Blocked")
    (item,) = pull(connect(site)).values()
    assert [place.partition for place in item.partitions] == ["acme/1", "acme/2"]
    assert len({place.handle for place in item.partitions}) == 2
    assert item.fields["Status"] == ("Blocked",)
    (alone,) = pull(connect(site, projects=["acme/1"])).values()
    assert [place.partition for place in alone.partitions] == ["acme/1"], "the other project is not this source's"
    assert "Status" not in alone.fields


def test_a_field_that_mirrors_an_organisations_field_shows_the_issues_value(github, connect, clock, pull, many):
    site = github(items=many(2), clock=clock)
    project = site.state.project("acme/1")
    site.state.add_field(project, "Theme", "SINGLE_SELECT", mirrors=True)
    site.state.add_field(project, "Effort", "TEXT", mirrors=True)
    site.set_field("acme/shop#1", "acme/1", "Theme", "growth")
    site.set_field("acme/shop#1", "acme/1", "Effort", 8.0)
    item = pull(connect(site, fields={"points": "Effort"}))["acme/shop#1"]
    assert (item.fields["Theme"], item.points) == (("growth",), 8.0)


def test_archived_items_are_read_where_the_server_shows_them(github, connect, clock, pull, many):
    site = github(items=many(3), clock=clock)
    site.archive("acme/shop#2", "acme/1")
    assert set(pull(connect(site))) == {"acme/shop#1", "acme/shop#2", "acme/shop#3"}


def test_an_older_server_is_read_and_what_it_lacks_is_said(github, connect, clock, pull, many):
    site = github(items=many(3, type="Bug"), clock=clock, knobs=Knobs(old=True))
    site.edit("acme/shop#3", parent="acme/shop#1")
    site.archive("acme/shop#2", "acme/1")
    connector = connect(site)
    found = pull(connector)
    assert set(found) == {"acme/shop#1", "acme/shop#3"}
    assert {item.type for item in found.values()} == {"Issue"}
    assert found["acme/shop#3"].parent == ""
    notes = " ".join(connector.check().notes)
    assert "archived" in notes
    assert "sub-issues" in notes
    cursors = {"acme/1": {"since": 0}}
    assert set(pull(connect(site), cursors)) == set(found)


def test_projects_of_an_owner_are_read_but_for_the_closed_ones(github, connect, clock, pull, many):
    site = github(items=[*many(1, "acme/1"), *many(1, "acme/2", first=2), *many(1, "else/1", first=3)], clock=clock)
    site.state.users.add("else")
    site.state.project("acme/2").closed = True
    connector = connect(site, projects=[], owners=["acme", "else"])
    assert set(pull(connector)) == {"acme/shop#1", "acme/shop#3"}
    assert [partition.name for partition in connector.partitions()] == ["acme/1", "else/1"]
    assert (connector.wants("acme/7"), connector.wants("other/1")) == (True, False)
    with pytest.raises(Exception, match="no organisation or user of that name"):
        connect(site, projects=[], owners=["nobody"]).partitions()


def test_a_project_that_is_asked_for_and_not_visible_is_named(github, connect, clock, many):
    site = github(items=[*many(1, "acme/1"), *many(1, "acme/2", first=2)], clock=clock)
    site.hide_project("acme/2")
    shown, hidden = connect(site).partitions()
    assert (shown.name, shown.readable) == ("acme/1", True)
    assert (hidden.name, hidden.readable) == ("acme/2", False)
    assert "may not see" in hidden.reason


class TestAbsence:
    def test_deleted_is_gone(self, github, connect, clock, many, pull):
        site = github(items=many(2), clock=clock)
        ids = {key: item.id for key, item in pull(connect(site)).items()}
        site.delete("acme/shop#1")
        assert connect(site).get([ids["acme/shop#1"]]) == {ids["acme/shop#1"]: Absent.GONE}

    def test_redacted_is_not_gone(self, github, connect, clock, many, pull):
        site = github(items=[*many(2), *many(2, repository="acme/secret")], clock=clock)
        ids = {key: item.id for key, item in pull(connect(site)).items()}
        site.hide_repository("acme/secret")
        connector = connect(site)
        assert set(pull(connector)) == {"acme/shop#1", "acme/shop#2"}
        assert connector.get([ids["acme/secret#1"]]) == {ids["acme/secret#1"]: Absent.UNKNOWN}

    def test_taken_out_of_the_project_lives_nowhere(self, github, connect, clock, many, pull):
        site = github(items=many(2), clock=clock)
        ids = {key: item.id for key, item in pull(connect(site)).items()}
        site.remove("acme/shop#1", "acme/1")
        item = connect(site).get([ids["acme/shop#1"]])[ids["acme/shop#1"]]
        assert isinstance(item, WorkItem)
        assert item.partitions == ()

    def test_transferred_is_another_item(self, github, connect, clock, many, pull):
        site = github(items=many(2), clock=clock)
        ids = {key: item.id for key, item in pull(connect(site)).items()}
        key = site.transfer("acme/shop#1", "acme/tools")
        connector = connect(site)
        assert set(pull(connector)) == {key, "acme/shop#2"}
        assert connector.get([ids["acme/shop#1"]]) == {ids["acme/shop#1"]: Absent.GONE}

    def test_hidden_project_is_unknown(self, github, connect, clock, many, pull):
        site = github(items=many(1, "acme/1"), clock=clock)
        site.load(many(1, "acme/2", first=2))
        ids = {key: item.id for key, item in pull(connect(site)).items()}
        site.hide_project("acme/2")
        assert connect(site).get([ids["acme/shop#2"]]) == {ids["acme/shop#2"]: Absent.UNKNOWN}


class TestChanges:
    @pytest.fixture
    def walked(self, github, connect, clock, many, cursors):
        """A site of 5 items, the cursors of its full walk, and an hour gone by."""
        site = github(items=many(5), clock=clock)
        found = cursors(connect(site))
        clock.advance(3600)
        return site, found

    def test_nothing_changed(self, walked, connect, pull):
        site, cursors = walked
        assert pull(connect(site), cursors) == {}

    @pytest.mark.parametrize(
        "act",
        [
            lambda site: site.edit("acme/shop#3", title="New"),
            lambda site: site.set_field("acme/shop#3", "acme/1", "Status", "Done"),
            lambda site: site.archive("acme/shop#3", "acme/1"),
            lambda site: site.close("acme/shop#3"),
        ],
        ids=["issue", "field of the project", "archived", "closed"],
    )
    def test_either_clock_tells(self, walked, connect, pull, act):
        site, cursors = walked
        act(site)
        assert set(pull(connect(site), cursors)) == {"acme/shop#3"}

    def test_an_old_issue_that_comes_into_the_project(self, walked, connect, pull, many):
        site, cursors = walked
        site.load(many(1, "acme/2", first=77))
        site.add("acme/shop#77", "acme/1")
        assert "acme/shop#77" in pull(connect(site, projects=["acme/1"]), cursors)

    def test_counts_and_ids_of_the_same_command_ask_nothing_again(self, walked, connect, pull):
        site, cursors = walked
        connector = connect(site)
        pull(connector, cursors)
        sent = len(site.requests)
        assert connector.count("acme/1") == 5
        assert len(list(connector.ids("acme/1"))) == 5
        assert len(site.requests) == sent


class TestSettings:
    def test_something_is_named(self):
        with pytest.raises(ValueError, match="name the projects"):
            GitHubSettings.model_validate({"token": "env:T"})

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"projects": ["acme"]}, "OWNER/NUMBER"),
            ({"projects": ["acme/shop"]}, "OWNER/NUMBER"),
            ({"owners": ["acme/3"]}, "no organisation or user"),
            ({"owners": "a", "site": "http://github.com"}, "https://"),
            ({"owners": "a", "site": "https://github.com/acme"}, "beginning of the address"),
            ({"owners": "a", "site": "ftp://x"}, "is an address"),
            ({"owners": "a", "site": "https://u:p@x"}, "beginning of the address"),
        ],
    )
    def test_wrong_values_are_explained(self, given, said):
        with pytest.raises(ValueError, match=said):
            GitHubSettings.model_validate({"token": "env:T", **given})

    def test_the_interface_of_each_kind_of_server(self):
        public = GitHubSettings.model_validate({"token": "env:T", "owners": "acme"})
        assert (public.graphql, public.hosts()) == ("https://api.github.com/graphql", ("api.github.com",))
        own = GitHubSettings.model_validate(
            {"token": "env:T", "owners": "acme", "site": "https://git.example.com:8443"}
        )
        assert (own.graphql, own.hosts()) == ("https://git.example.com:8443/api/graphql", ("git.example.com:8443",))


def test_wrong_token(github, connect, clock, many, monkeypatch):
    site = github(items=many(1), clock=clock)
    connector = connect(site)
    monkeypatch.setenv("GITHUB_TOKEN", "wrong-token")
    with pytest.raises(AuthError, match="401"):
        connector.check()


def test_a_server_without_projects(github, connect, clock, many):
    from veaf_sync.emulator import Rewrite
    from veaf_sync.emulator.wire import Response

    site = github(items=many(1), clock=clock)
    site.faults.add(Rewrite(lambda _: Response.of({"data": {"viewer": {"login": "me"}, "project": None}})))
    with pytest.raises(Incomplete, match="does not know projects"):
        connect(site).check()


def test_a_closed_project_of_an_owner_is_not_wanted_and_a_hidden_one_is(github, connect, clock, many):
    site = github(items=[*many(1, "acme/1"), *many(1, "acme/2", first=2)], clock=clock)
    site.state.project("acme/2").closed = True
    connector = connect(site, projects=[], owners=["acme"])
    assert [partition.name for partition in connector.partitions()] == ["acme/1"]
    assert not connector.wants("acme/2"), "the open ones are asked for"
    assert not connector.wants("other/1")
    site.hide_project("acme/2")
    assert connector.wants("acme/2"), "of one that cannot be seen nobody knows"
    assert connect(site, projects=["acme/2"]).wants("acme/2")
