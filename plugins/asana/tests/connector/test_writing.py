"""Tags and custom fields are written ten actions a request, each with an outcome of its own."""

from __future__ import annotations

import json

import pytest

from veaf_sync.emulator import AnswerLost, Meanwhile, Response, Rewrite, Status, Throttle
from veaf_sync.errors import Incomplete
from veaf_sync_asana.emulator import Knobs
from veaf_sync_asana.emulator.state import Option

FAST, CHEAP = "okr:fast", "okr:cheap"
FIELD = "field:Objective"


def batches(site):
    return [r for r in site.requests if (r.path.endswith("/batch") and b'"post"' in r.body) or b'"put"' in r.body]


def test_a_tag_is_created_once_and_ten_tasks_are_one_request(asana, connect, clock, many, change, write):
    site = asana(items=many(25), clock=clock)
    connector = connect(site)
    changes = [change(str(gid), (), (FAST,)) for gid in range(1001, 1026)]
    assert connector.preview(changes).requests == 1 + 3
    assert {result for result, _ in write(connector, changes).values()} == {"applied"}
    assert all(tags == (FAST,) for tags in site.tags().values())
    assert len(batches(site)) == 3
    assert len(site.state.tags) == 1
    assert {result for result, _ in write(connect(site), changes).values()} == {"applied"}
    assert len(site.state.tags) == 1, "names are not unique, so a tag is looked for and not made again"


def test_of_tags_of_one_name_the_oldest_is_added_and_all_are_removed(asana, connect, clock, many, change, write):
    site = asana(items=many(2), clock=clock)
    old, new = site.state.new_tag(FAST), site.state.new_tag(FAST)
    site.task("1002").tags[:] = [old.gid, new.gid]
    write(connect(site), [change("1001", (), (FAST,)), change("1002", (FAST,), ())])
    assert (site.task("1001").tags, site.task("1002").tags) == ([old.gid], [])


def test_an_action_that_fails_concerns_its_task_only(asana, connect, clock, many, change, write):
    site = asana(items=many(3, labels=(FAST,)), clock=clock)
    site.delete("1002")
    outcomes = write(connect(site), [change(gid, (FAST,), ()) for gid in ("1001", "1002", "1003")])
    assert outcomes["1001"] == outcomes["1003"] == ("applied", "")
    assert outcomes["1002"] == ("failed", "task: Unknown object: 1002 (404)")


def test_a_limit_is_waited_for_and_nothing_is_done_twice(asana, connect, clock, many, change, write):
    site = asana(items=many(2), clock=clock)
    connector = connect(site)
    connector.preview([change("1001", (), (FAST,))])
    site.faults.add(Throttle(30), path=".*/batch")
    begun = clock.now()
    assert write(connector, [change("1001", (), (FAST,))]) == {"1001": ("applied", "")}
    assert (clock.now() - begun).total_seconds() >= 30


def test_the_limit_of_a_free_workspace_counts_every_action(asana, connect, clock, many, change, write):
    """A batch saves requests, not quota: whatever goes over the limit is refused whole, waited for and sent again."""
    site = asana(items=many(60), clock=clock, knobs=Knobs(per_minute=30))
    begun = clock.now()
    outcomes = write(connect(site), [change(str(gid), (), (FAST,)) for gid in range(1001, 1061)])
    assert {result for result, _ in outcomes.values()} == {"applied"}
    assert all(tags == (FAST,) for tags in site.tags().values())
    assert (clock.now() - begun).total_seconds() >= 60


def test_an_answer_that_is_lost_is_not_sent_again(asana, connect, clock, many, change, write):
    site = asana(items=many(1), clock=clock)
    connector = connect(site)
    connector.preview([change("1001", (), (FAST,))])
    site.state.tag(FAST)
    connector = connect(site)
    site.faults.add(AnswerLost(), path=".*/batch")
    with pytest.raises(Incomplete):
        write(connector, [change("1001", (), (FAST,))])
    assert len(batches(site)) == 1
    assert site.labels("1001") == {FAST}


def test_a_tag_that_cannot_be_created_fails_its_changes(asana, connect, clock, many, change, write):
    site = asana(items=many(2), clock=clock)
    site.faults.add(
        Status(400, body=b'{"errors":[{"message":"name: Too long"}]}'),
        path=".*/tags",
        when=lambda r: r.method == "POST",
    )
    outcomes = write(connect(site), [change("1001", (), (FAST,)), change("1002", (), (FAST,))])
    assert {result for result, _ in outcomes.values()} == {"failed"}
    assert "Too long" in outcomes["1001"][1]


def test_a_reader_may_not_write(asana, connect, clock, many, change, write):
    site = asana(items=many(1, labels=(FAST,)), clock=clock, knobs=Knobs(reader_may_edit=False))
    from veaf_sync.errors import Forbidden

    with pytest.raises(Forbidden):
        write(connect(site), [change("1001", (FAST,), ())])
    assert site.labels("1001") == {FAST}


# --- custom fields ---


@pytest.fixture
def site(asana, clock, many):
    made = asana(items=many(3), clock=clock)
    for gid in ("1001", "1002", "1003"):
        made.set_field(gid, "Objective", None, "enum")
    return made


def chosen(site, gid):
    (field,) = [field for field in site.state.fields.values() if field.name == "Objective"]
    value = site.task(gid).values.get(field.gid)
    names = {option.gid: option.name for option in field.options}
    return [names[one] for one in value] if isinstance(value, list) else names.get(value, value)


def test_a_choice_is_made_where_it_is_missing_and_set(site, connect, change, write):
    connector = connect(site, tag={"field": "Objective"})
    changes = [change("1001", (), ("fast",), FIELD), change("1002", (), ("fast",), FIELD)]
    assert connector.preview(changes).requests == 1 + 1
    assert set(write(connector, changes).values()) == {("applied", "")}
    assert (chosen(site, "1001"), chosen(site, "1002"), chosen(site, "1003")) == ("fast", "fast", None)
    item = connect(site, tag={"field": "Objective"}).get(["1001"])["1001"]
    assert item.partitions[0].tags == ("fast",)
    assert write(connector, [change("1001", ("fast",), (), FIELD)]) == {"1001": ("applied", "")}
    assert chosen(site, "1001") is None


def test_what_a_field_cannot_hold_is_refused_before(site, connect, change, asana, clock, many):
    connector = connect(site, tag={"field": "Objective"})

    def reason(*values, target=FIELD, through=connector):
        (refusal,) = through.preview([change("1001", (), values, target)]).refused
        return refusal.reason

    assert "holds one value" in reason("a", "b")
    assert "No custom field of the workspace is called 'Theme'" in reason("a", target="field:Theme")
    (field,) = site.state.fields.values()
    field.options.append(Option("5", "old", enabled=False))
    field.read_only = False
    assert "is switched off" in reason("old", through=connect(site, tag={"field": "Objective"}))
    field.read_only = True
    assert "may not be changed" in reason("new", through=connect(site, tag={"field": "Objective"}))
    field.kind = "number"
    assert "is a number" in reason("new", through=connect(site, tag={"field": "Objective"}))
    free = asana(items=many(1), clock=clock, knobs=Knobs(free=True))
    assert "paid feature" in reason("a", through=connect(free, tag={"field": "Objective"}))


def test_a_text_holds_one_objective(asana, connect, clock, many, change, write):
    site = asana(items=many(1), clock=clock)
    site.set_field("1001", "Objective", "theirs")
    connector = connect(site, tag={"field": "Objective"})
    assert connector.get(["1001"])["1001"].partitions[0].tags == ("theirs",)
    assert write(connector, [change("1001", ("theirs",), ("fast",), FIELD)]) == {"1001": ("applied", "")}
    assert chosen(site, "1001") == "fast"


def test_what_a_person_adds_to_a_choice_of_several_before_we_write_stays(asana, connect, clock, many, change, write):
    site = asana(items=many(1), clock=clock)
    site.set_field("1001", "Objective", ["cheap"], "multi_enum")
    connector = connect(site, tag={"field": "Objective"})
    planned = change("1001", ("cheap",), ("fast",), FIELD)
    connector.preview([planned])
    site.set_field("1001", "Objective", ["cheap", "theirs"], "multi_enum")
    assert write(connector, [planned]) == {"1001": ("applied", "")}
    assert chosen(site, "1001") == ["theirs", "fast"]


def test_a_field_that_the_task_does_not_have_fails_that_task_only(site, connect, change, write, many):
    site.load(many(1, "902", first=2001))
    connector = connect(site, tag={"field": "Objective"})
    outcomes = write(connector, [change("1001", (), ("fast",), FIELD), change("2001", (), ("fast",), FIELD)])
    assert outcomes["1001"] == ("applied", "")
    assert outcomes["2001"][0] == "failed"
    assert "is not on given object" in outcomes["2001"][1]


def test_a_reply_of_another_form_is_no_success(site, connect, change, write):
    connector = connect(site)
    site.state.tag(FAST)

    def without(response):
        return Response.of({"data": json.loads(response.body)["data"][:-1]})

    site.faults.add(Rewrite(without), path=".*/batch")
    with pytest.raises(Incomplete, match="does not hold 2 replies"):
        write(connector, [change("1001", (), (FAST,)), change("1002", (), (FAST,))])


def test_a_tag_deleted_between_plan_and_write_fails_and_is_said(site, connect, change, write):
    site.state.tag(FAST)
    connector = connect(site)
    connector.preview([change("1001", (), (FAST,))])
    site.faults.add(Meanwhile(site.state.tags.clear), path=".*/batch")
    result, detail = write(connector, [change("1001", (), (FAST,))])["1001"]
    assert result == "failed"
    assert detail.startswith("tag: Unknown object")


def test_a_rehearsal_names_what_would_keep_tags_from_a_field(site, connect, asana, clock, many):
    assert connect(site).rehearse().problems == ()
    assert connect(site, tag={"field": "Objective"}).rehearse().problems == ()
    (problem,) = connect(site, tag={"field": "Theme"}).rehearse().problems
    assert problem == "No custom field of the workspace is called 'Theme'."
    free = asana(items=many(1), clock=clock, knobs=Knobs(free=True))
    (problem,) = connect(free, tag={"field": "Objective"}).rehearse().problems
    assert "paid feature" in problem
