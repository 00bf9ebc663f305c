"""The pull table's rows about access: deleted is not lost, lost is not empty, and nobody is not us."""

from __future__ import annotations

import pytest

from veaf_sync.emulator import Meanwhile, Status
from veaf_sync_jira.emulator import Knobs

from .organisation import SEARCH, changes, count_of, page_of, right_after_one_pass

COUNTS = r"/(approximate-count|search)$"


def test_10_items_deleted_are_told_apart_from_lost_access(read):
    for number in range(1, 11):
        read.site.delete(f"PAY-{number}")
    read.site.forbid("OPS")
    result = read.sync()
    run = result.run.id
    assert result.degraded
    assert result.sources[0].removed == 10
    assert {key for key in read.verdicts(run) if key.startswith("PAY-")} == {f"PAY-{n}" for n in range(11, 15)}
    assert read.of(run, "OPS") == {"unreadable"}, "frozen, not deleted, and no orphans"
    assert read.states(run)["OPS"].state == "vanished"
    assert "OPS" in result.sources[0].reason
    assert len([key for key in read.verdicts(1) if key.startswith("PAY-")]) == 14, "history is kept"
    read.site.allow("OPS")
    right_after_one_pass(read)


@pytest.mark.parametrize("lenient", [False, True], ids=["refused", "answered as empty"])
def test_permission_to_one_project_lost_in_mid_run_full(read, lenient):
    read.site.knobs.lenient = lenient
    read.site.edit("PAY-2", title="Edited", type="Story")
    read.site.faults.add(Meanwhile(lambda: read.site.forbid("SHOP")), path=SEARCH, when=page_of("SHOP"), nth=2)
    result = read.sync(full=True)
    run = result.run.id
    assert result.degraded
    assert {name: state.state for name, state in read.states(run).items()} == {
        "OPS": "fresh",
        "PAY": "fresh",
        "SHOP": read.states(run)["SHOP"].state,
    }
    assert read.states(run)["SHOP"].state in ("forbidden", "failed")
    assert "SHOP" in result.sources[0].reason
    assert read.of(run, "SHOP") == {"unreadable"}
    assert (read.verdicts(run)["PAY-2"], read.verdicts(1)["PAY-2"]) == ("aligned", "orphan"), "PAY is published"
    assert read.stored(run).keys() == read.stored(1).keys()
    gone = read.sync()
    assert read.of(gone.run.id, "SHOP") == {"unreadable"}
    assert read.of(gone.run.id, "PAY") == {"aligned", "orphan"}
    read.site.allow("SHOP")
    right_after_one_pass(read)


@pytest.mark.parametrize(
    ("profile", "where", "answer"),
    [
        ("cloud", "at the query", "refused"),
        ("cloud", "at the query", "answered as empty"),
        ("cloud", "at the count", "answered as empty"),
        ("dc", "at the count", "refused"),
    ],
)
def test_permission_to_one_project_lost_in_mid_run_incremental(read, where, answer):
    """The one query asks for all projects: the run after it reads the others, this one shows nothing wrong."""
    lenient = read.site.knobs.lenient = answer != "refused"
    read.site.edit("PAY-2", title="Edited", type="Story")
    forbid = Meanwhile(lambda: read.site.forbid("SHOP"))
    if where == "at the query":
        read.site.faults.add(forbid, path=SEARCH, when=changes)
    else:
        read.site.faults.add(forbid, path=COUNTS, when=count_of("SHOP"))
    result = read.sync()
    run = result.run.id
    assert result.degraded
    assert read.states(run)["SHOP"].state != "fresh"
    assert "SHOP" in result.sources[0].reason
    assert read.of(run, "SHOP") == {"unreadable"}
    assert read.stored(run).keys() == read.stored(1).keys()
    if lenient or where == "at the count":
        assert read.verdicts(run)["PAY-2"] == "aligned", "the others are published"
        assert read.states(run)["PAY"].state == read.states(run)["OPS"].state == "fresh"
    following = read.sync()
    assert read.of(following.run.id, "SHOP") == {"unreadable"}
    assert read.of(following.run.id, "PAY") == {"aligned", "orphan"}
    assert read.verdicts(following.run.id)["PAY-2"] == "aligned"
    read.site.allow("SHOP")
    right_after_one_pass(read)


@pytest.mark.parametrize(
    ("profile", "how", "when"),
    [
        ("cloud", "incremental", "from the start"),
        ("cloud", "full", "from the second search on"),
        ("dc", "incremental", "from the second search on"),
    ],
)
def test_whole_site_returns_empty_200(read, how, when):
    full = how == "full"

    def empty():
        read.site.knobs.empty = True

    if when == "from the start":
        empty()
    else:
        read.site.faults.add(Meanwhile(empty), path=SEARCH, nth=2)
    result = read.sync(full=full)
    run = result.run.id
    assert (result.degraded, result.sources[0].removed) == (True, 0)
    assert read.stored(run) == read.stored(1)
    assert "orphan" not in {read.verdicts(run)[key] for key in read.verdicts(run) if key.startswith(("PAY", "SHOP"))}
    lost = [name for name, state in read.states(run).items() if state.state != "fresh"]
    assert len(lost) >= 2
    for name in lost:
        assert read.of(run, name) == {"unreadable"}
        assert name in result.sources[0].reason
    read.site.knobs.empty = False
    right_after_one_pass(read)


def test_a_site_that_shows_nothing_at_the_first_run_is_no_success(organisation, profile):
    made = organisation(profile, knobs=Knobs(empty=True))
    result = made.sync()
    assert (result.degraded, result.sources[0].state) == (True, "failed")
    assert "nothing is visible" in result.sources[0].reason
    made.site.knobs.empty = False
    right_after_one_pass(made)


@pytest.mark.parametrize("how", ["refuse", "anonymous"])
def test_wrong_credentials(read, monkeypatch, how):
    """Refused, or answered as anonymous: the identity is checked first, and nothing of the answer is believed."""
    read.site.knobs.wrong_credentials = how
    read.site.knobs.public = {"PAY"}
    monkeypatch.setenv(f"JIRA_{read.site.profile.upper()}_TOKEN", "revoked-token")
    before = len(read.site.requests)
    result = read.sync(full=True)
    assert (result.degraded, result.no_credentials, result.sources[0].state) == (True, True, "failed")
    asked = {request.path.rpartition("/")[2] for request in read.sent(before)}
    assert asked <= {"serverInfo", "myself", "tenant_info"}, "who we are, and what anybody may ask"
    assert len(read.sent(before)) <= 3
    assert read.stored(result.run.id) == read.stored(1)
    assert set(read.verdicts(result.run.id).values()) == {"unreadable"}
    monkeypatch.setenv(f"JIRA_{read.site.profile.upper()}_TOKEN", read.site.service.tokens[0])
    right_after_one_pass(read)


def test_credentials_that_end_in_mid_run_and_are_answered_as_anonymous(read):
    read.site.knobs.wrong_credentials = "anonymous"
    read.site.knobs.public = {"OPS", "PAY", "SHOP"}
    good = read.site.service.tokens

    def revoke():
        read.site.service.tokens = ("other", "other")

    read.site.faults.add(Meanwhile(revoke), path=SEARCH, when=page_of("SHOP"), nth=2)
    result = read.sync(full=True)
    assert (result.degraded, result.sources[0].state, result.sources[0].code) == (True, "failed", "credentials")
    assert read.stored(result.run.id) == read.stored(1)
    read.site.service.tokens = good
    right_after_one_pass(read)


def test_403_on_one_project(read):
    read.site.faults.add(Status(403), path=SEARCH, when=page_of("SHOP"), times=None)
    result = read.sync(full=True)
    assert {name: state.state for name, state in read.states(result.run.id).items()} == {
        "OPS": "fresh",
        "PAY": "fresh",
        "SHOP": "forbidden",
    }
    assert read.of(result.run.id, "SHOP") == {"unreadable"}
    read.site.faults.clear()
    right_after_one_pass(read)
