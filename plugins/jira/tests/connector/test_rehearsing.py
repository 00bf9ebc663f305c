"""Whether tags could be written: what `check --online` says before anything is."""

from __future__ import annotations

import pytest

from veaf_sync.connector import Rehearsal
from veaf_sync.errors import AuthError
from veaf_sync.model import Membership, WorkItem
from veaf_sync_jira.emulator import Knobs


@pytest.fixture
def site(jira, clock, profile):
    items = [WorkItem("", f"{key}-1", (Membership(key),)) for key in ("PAY", "SHOP")]
    return jira(profile, items=items, clock=clock, knobs=Knobs())


LABEL = {"label": "okr:{objective}"}


def test_where_all_is_well_nothing_is_said(site, connect):
    assert connect(site, tag=LABEL).rehearse() == Rehearsal()


def test_projects_that_may_not_be_edited_are_named(site, connect):
    site.knobs.locked = {"SHOP"}
    assert connect(site, tag=LABEL).rehearse().problems == (
        "Issues of SHOP may not be edited by this user, so no tag is written there.",
    )


def test_a_field_that_is_not_on_an_edit_screen_is_named(site, connect):
    site.knobs.off_screen = {"PAY"}
    (problem,) = connect(site, tag=LABEL).rehearse().problems
    assert problem.startswith("The field 'labels' is not on the edit screen of PAY")
    site.knobs.off_screen = {"SHOP"}
    site.service.state.choice("Objective", "select", "fast")
    (problem,) = connect(site, tag={"field": "Objective"}).rehearse().problems
    assert problem.startswith("The field 'Objective' is not on the edit screen of SHOP")


def test_bulk_change_and_muting(site, connect, profile):
    site.knobs.admin = False
    site.knobs.bulk_change = False
    told = connect(site, tag=LABEL).rehearse()
    assert told.problems == ()
    assert any("Bulk change is missing" in note for note in told.notes) is (profile == "cloud")
    assert told.notes[-1].startswith("Edits in PAY, SHOP mail their watchers")
    (problem,) = connect(site, tag=LABEL, mail="never").rehearse().problems
    assert "mail: never refuses" in problem


def test_fields_are_edited_in_bulk_too(site, connect, profile):
    site.service.state.choice("Objective", "select", "fast")
    assert connect(site, tag={"field": "Objective"}).rehearse() == Rehearsal()
    site.knobs.bulk_change = False
    notes = connect(site, tag={"field": "Objective"}).rehearse().notes
    wanted = ("The global permission Bulk change is missing, so tags are written one issue a request.",)
    assert notes == (wanted if profile == "cloud" else ())


def test_edits_in_bulk_are_mute_anyway(site, connect, profile):
    site.knobs.admin = False
    assert bool(connect(site, tag=LABEL).rehearse().notes) is (profile == "dc")


def test_many_projects_are_not_all_looked_at(jira, clock, connect, profile):
    keys = [f"P{chr(65 + n)}" for n in range(25)]
    site = jira(profile, items=[WorkItem("", f"{key}-1", (Membership(key),)) for key in keys], clock=clock)
    sent = len(site.requests)
    assert connect(site, tag=LABEL).rehearse().notes == (
        "20 of 25 projects were looked at for whether tags can be written.",
    )
    assert len(site.requests) - sent <= 4 + 3 * 20 + 1


def test_a_refused_token_is_told_of_the_gateway(jira, clock, connect, monkeypatch):
    site = jira("cloud", clock=clock)
    connector = connect(site)
    monkeypatch.setenv(next(name for name in site.environment if name.endswith("CLOUD_TOKEN")), "scoped-token")
    with pytest.raises(AuthError) as refused:
        connector.check()
    assert "A token with scopes works only at site: https://api.atlassian.com/ex/jira/" in refused.value.fix
