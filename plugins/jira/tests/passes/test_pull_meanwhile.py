"""The pull table's rows where the site changes under the reader: edits, moves, a late index, clocks, access."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from veaf_sync.emulator import Meanwhile, Status
from veaf_sync.sync import walk
from veaf_sync_jira.emulator import Knobs

SEARCH = r"/search(/jql)?$"
COUNTS = r"/(approximate-count|search)$"
DAY = 24 * 3600


BEHIND, BEFORE = "into what is still to be read", "into what was read already"


def page_of(project):
    """A page of a project as a whole, neither a count nor the query for changes."""
    name = f'project = \\"{project}\\"'.encode()
    return lambda request: name in request.body and b'"issuetype"' in request.body


def count_of(project):
    name = f'project = \\"{project}\\"'.encode()
    return lambda request: name in request.body and b'"issuetype"' not in request.body


def changes(request):
    return b"updated >=" in request.body


@pytest.fixture
def in_turn(monkeypatch):
    """Projects are walked one after the other, by name."""
    monkeypatch.setattr(walk, "WORKERS", 1)


def now_right(made, **options):
    """One pass later, an hour on, everything stored stands at the site."""
    made.wait(3600)
    result = made.sync(**options)
    assert (result.degraded, result.sources[0].state) == (False, "fresh")
    assert made.stored(result.run.id) == made.there()
    assert "unreadable" not in made.verdicts(result.run.id).values()
    return result


def test_items_edited_while_paging(organisation, profile):
    made = organisation(profile)
    keys = iter(["SHOP-1", "SHOP-24", "PAY-14", "OPS-8", "SHOP-11", "PAY-1", "SHOP-2"])

    def edit():
        for key in (next(keys, "SHOP-10"), "OPS-1"):
            made.site.edit(key, title="Edited meanwhile")
        made.site.clock.advance(1)

    made.site.faults.add(Meanwhile(edit), path=SEARCH, times=None)
    first = made.sync()
    assert not first.degraded
    assert first.sources[0].new == 46
    assert made.stored(first.run.id).keys() == made.there().keys(), "N unique, 0 lost"
    made.site.faults.clear()
    now_right(made)


def test_items_deleted_while_paging(organisation, profile):
    made = organisation(profile)
    gone = iter(["SHOP-1", "SHOP-10", "SHOP-11", "SHOP-24", "PAY-5", "PAY-14"])

    def delete():
        if key := next(gone, None):
            made.site.delete(key)

    made.site.faults.add(Meanwhile(delete), path=SEARCH, times=None)
    first = made.sync()
    assert not first.degraded
    assert made.stored(first.run.id).keys() >= made.there().keys(), "what stayed is there"
    assert len(made.there()) < 46, "some were deleted between the pages"
    made.site.faults.clear()
    for key in gone:  # how many searches a walk takes depends on what it meets
        made.site.delete(key)
    assert now_right(made).sources[0].items == 46 - 6


@pytest.mark.parametrize(
    ("profile", "how", "way"),
    [
        ("cloud", "incremental", BEHIND),
        ("cloud", "full", BEFORE),
        ("dc", "incremental", BEFORE),
        ("dc", "full", BEHIND),
    ],
)
def test_item_moves_to_another_partition_during_the_run(read, in_turn, how, way):
    full = how == "full"
    key, target = ("OPS-5", "SHOP") if way == BEHIND else ("SHOP-5", "OPS")
    id = str(read.site.issue(key).id)
    strike = page_of("PAY") if full else changes
    planned = read.site.faults.add(Meanwhile(lambda: read.site.move(key, target)), path=SEARCH, when=strike)
    result = read.sync(full=full)
    assert planned.hits == 1
    assert (result.degraded, result.sources[0].removed) == (False, 0)
    assert read.stored(result.run.id) == read.there(), "counted once, in its new place"
    assert read.stored(1)[id][:2] == (key, key.partition("-")[0]), "history is kept"
    assert read.store.items.find(key, result.run.id)[0].key == {"SHOP": "SHOP-25", "OPS": "OPS-9"}[target]
    now_right(read)


def test_item_that_nobody_knew_moves_out_of_sight_during_the_first_run(organisation, profile, in_turn):
    """No reading showed it and nothing told of it: it is in the next run, as a late edit is."""
    made = organisation(profile)
    made.site.faults.add(Meanwhile(lambda: made.site.move("SHOP-5", "OPS")), path=SEARCH, when=page_of("PAY"))
    made.sync()
    now_right(made)


@pytest.mark.parametrize(
    ("profile", "what"), [("cloud", "edit"), ("dc", "edit"), ("cloud", "create"), ("dc", "delete"), ("cloud", "move")]
)
def test_what_the_index_shows_200_s_late_is_in_the_next_run(read, what):
    read.site.knobs.index_lag = 200
    act = {
        "edit": lambda: read.site.edit("PAY-3", title="Shown late", labels=["late"]),
        "create": lambda: read.site.create("PAY", "Shown late", type="Story"),
        "delete": lambda: read.site.delete("PAY-3"),
        "move": lambda: read.site.move("PAY-3", "SHOP"),
    }[what]
    act()
    read.wait(10)
    early = read.sync()
    assert not early.degraded
    assert read.stored(early.run.id) == read.stored(1), "the index does not show it yet"
    read.wait(230)
    late = read.sync()
    assert not late.degraded
    assert read.stored(late.run.id) == read.there()


NEW_YORK_FALLS_BACK = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("profile", "zone", "ahead", "at"),
    [
        pytest.param("dc", "America/New_York", 0, None, id="dc-token owner in New York"),
        pytest.param("cloud", "Asia/Tokyo", 0, None, id="cloud-token owner in Tokyo"),
        pytest.param("dc", "Asia/Kolkata", 0, None, id="dc-token owner in Kolkata"),
        pytest.param("cloud", "America/New_York", 2, None, id="cloud-New York, our clock 2 h ahead"),
        pytest.param("dc", "Asia/Tokyo", -2, None, id="dc-Tokyo, our clock 2 h behind"),
        pytest.param("cloud", "America/New_York", 0, NEW_YORK_FALLS_BACK, id="cloud-clocks go back in New York"),
    ],
)
def test_every_edit_is_seen_whatever_the_zones_and_clocks(organisation, profile, zone, ahead, at):
    options = {} if at is None else {"at": at}
    knobs = Knobs(page_cap=10, time_zone=zone)
    made = organisation(profile, knobs=knobs, ahead=timedelta(hours=ahead) if ahead else None, **options)
    made.sync()
    made.wait(3600 + 60)
    for number in range(1, 6):
        made.site.edit(f"PAY-{number}", title="Edited")
        made.wait(60)
    result = made.sync()
    assert not result.degraded
    assert result.sources[0].changed == 5
    assert made.stored(result.run.id) == made.there()


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
    now_right(read)


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
    now_right(read)


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
    now_right(read)


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
    now_right(read)


def test_a_site_that_shows_nothing_at_the_first_run_is_no_success(organisation, profile):
    made = organisation(profile, knobs=Knobs(empty=True))
    result = made.sync()
    assert (result.degraded, result.sources[0].state) == (True, "failed")
    assert "nothing is visible" in result.sources[0].reason
    made.site.knobs.empty = False
    now_right(made)


@pytest.mark.parametrize("how", ["refuse", "anonymous"])
def test_wrong_credentials(read, monkeypatch, how):
    """Refused, or answered as anonymous: the identity is checked first, and nothing of the answer is believed."""
    read.site.knobs.wrong_credentials = how
    read.site.knobs.public = {"PAY"}
    monkeypatch.setenv(f"JIRA_{read.site.profile.upper()}_TOKEN", "revoked")
    before = len(read.site.requests)
    result = read.sync(full=True)
    assert (result.degraded, result.no_credentials, result.sources[0].state) == (True, True, "failed")
    assert len(read.sent(before)) <= 2, "serverInfo, which anybody may ask, and who we are"
    assert read.stored(result.run.id) == read.stored(1)
    assert set(read.verdicts(result.run.id).values()) == {"unreadable"}
    monkeypatch.setenv(f"JIRA_{read.site.profile.upper()}_TOKEN", read.site.service.tokens[0])
    now_right(read)


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
    now_right(read)


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
    now_right(read)
