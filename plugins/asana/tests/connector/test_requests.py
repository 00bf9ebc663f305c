"""Requests against their floors: the vendor's formulas, none above them by more than one in twenty."""

from __future__ import annotations

from collections import Counter

from veaf_sync.model import Level


def kinds(site, sent=0):
    return Counter(request.path.removeprefix("/api/1.0/").split("/")[0] for request in site.requests[sent:])


def test_a_full_walk_is_one_request_for_a_hundred_tasks_and_for_ten_with_sub_tasks(asana, connect, clock, many, pull):
    """Beside the formula, one a project: the place in its feed from which increments will go on."""
    items = [
        *many(1000, "901"),
        *many(5, "902", first=3001),
        *(task for n in range(40) for task in many(2, first=5001 + 2 * n, parent=str(1001 + n), level=Level.SUBTASK)),
    ]
    site = asana(items=items, clock=clock)
    assert len(pull(connect(site))) == 1085
    assert kinds(site) == {"users": 1, "projects": 1, "events": 2, "tasks": 10 + 1, "batch": 4}


def test_what_changed_is_a_request_a_project_and_one_for_a_hundred_changes(asana, connect, clock, many, pull, cursors):
    items = [task for n in range(10) for task in many(50, f"90{n}", first=1000 * (n + 1))]
    site = asana(items=items, clock=clock)
    since = cursors(connect(site))
    clock.advance(3600)
    for number in range(1000, 1050):
        site.edit(str(number), name="New")
    sent = len(site.requests)
    assert len(pull(connect(site), since)) == 50
    assert kinds(site, sent) == {"users": 1, "projects": 1, "events": 10, "tasks": 1}


def test_tags_are_ten_a_request(asana, connect, clock, many, change, write):
    site = asana(items=many(500), clock=clock)
    connector = connect(site)
    changes = [change(str(gid), (), ("okr:fast",)) for gid in range(1001, 1501)]
    write(connector, changes)
    assert kinds(site) == {"users": 1, "workspaces": 1 + 1, "batch": 50}


def test_a_custom_field_is_ten_tasks_a_request(asana, connect, clock, many, change, write):
    site = asana(items=many(100), clock=clock)
    for gid in range(1001, 1101):
        site.set_field(str(gid), "Objective", None, "enum")
    changes = [change(str(gid), (), ("fast",), "field:Objective") for gid in range(1001, 1101)]
    write(connect(site, tag={"field": "Objective"}), changes)
    assert kinds(site) == {"users": 1, "workspaces": 1, "custom_fields": 1, "batch": 10}
