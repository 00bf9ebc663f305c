"""Edits by PUT, and Cloud's bulk edits."""

from __future__ import annotations

import pytest
import requests

from veaf_sync.emulator import AnswerLost

OFF_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."


def labels(*operations):
    return {"update": {"labels": list(operations)}}


@pytest.fixture
def site(jira, item, clock, profile):
    return jira(profile, clock=clock, items=[item("PAY-1", labels=("a",)), item("PAY-2"), item("SHOP-1")])


def test_labels_are_added_and_removed_without_touching_the_others(site, browser, clock):
    web = browser(site)
    clock.advance(60)
    assert web.put("/issue/PAY-1", json=labels({"add": "b"}, {"add": "c"}, {"remove": "zzz"})).status_code == 204
    site.edit("PAY-1", labels=[*site.tags()["PAY-1"], "person"])
    assert web.put("/issue/PAY-1", json=labels({"remove": "a"}, {"add": "b"})).status_code == 204
    assert site.tags()["PAY-1"] == ("b", "c", "person")
    assert web.get("/issue/PAY-1").json()["fields"]["updated"] == "2026-03-10T12:01:00.000+0000"


def test_a_set_loses_what_others_added(site, browser):
    browser(site).put("/issue/PAY-1", json={"fields": {"labels": ["only"]}})
    assert site.tags()["PAY-1"] == ("only",)


def test_an_edit_that_changes_nothing_leaves_the_time_of_the_last_change(site, browser, clock):
    web = browser(site)
    before = web.get("/issue/PAY-1").json()["fields"]["updated"]
    clock.advance(60)
    assert web.put("/issue/PAY-1", json=labels({"add": "a"})).status_code == 204
    assert web.get("/issue/PAY-1").json()["fields"]["updated"] == before


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (labels({"add": "Test App"}), {"labels": "The label 'Test App' contains spaces which is invalid."}),
        (
            {"fields": {"labels": ["x"]}, **labels({"add": "y"})},
            {"labels": "Field 'labels' cannot appear in both 'fields' and 'update'"},
        ),
        (
            {"fields": {"customfield_99999": 1}},
            {"customfield_99999": OFF_SCREEN.format("customfield_99999")},
        ),
    ],
)
def test_wrong_edits_are_refused_whole(site, browser, body, errors):
    answer = browser(site).put("/issue/PAY-1", json=body)
    assert (answer.status_code, answer.json()["errors"]) == (400, errors)
    assert site.tags()["PAY-1"] == ("a",)


def test_a_field_that_is_not_on_the_screen(site, browser):
    site.knobs.off_screen.add("PAY")
    answer = browser(site).put("/issue/PAY-1", json=labels({"add": "b"}))
    assert (answer.status_code, answer.json()["errors"]) == (400, {"labels": OFF_SCREEN.format("labels")})
    assert browser(site).put("/issue/SHOP-1", json=labels({"add": "b"})).status_code == 204


def test_muting_needs_an_administrator(site, browser):
    web = browser(site)
    assert web.put("/issue/PAY-1?notifyUsers=false", json=labels({"add": "b"})).status_code == 204
    site.knobs.admin = False
    answer = web.put("/issue/PAY-1?notifyUsers=false", json=labels({"add": "c"}))
    text = "To discard the user notification either admin or project admin permissions are required."
    assert (answer.status_code, answer.json()["errorMessages"]) == (403, [text])
    assert site.mailed == ()
    assert web.put("/issue/PAY-1", json=labels({"add": "c"})).status_code == 204
    assert site.mailed == ("PAY-1",)


def test_reading_rights_do_not_write(site, browser):
    site.knobs.locked.add("SHOP")
    assert browser(site).put("/issue/SHOP-1", json=labels({"add": "b"})).status_code == 403
    site.knobs.reader_may_edit = False
    assert browser(site).put("/issue/PAY-1", json=labels({"add": "b"})).status_code == 403
    writer = browser(site, token=site.environment[f"JIRA_{site.profile.upper()}_WRITE_TOKEN"])
    assert writer.put("/issue/PAY-1", json=labels({"add": "b"})).status_code == 204


def test_an_issue_that_is_gone_is_404(site, browser):
    site.delete("PAY-1")
    assert browser(site).put("/issue/PAY-1", json=labels({"add": "b"})).status_code == 404


def bulk(keys, *edits, **more):
    """A bulk edit of labels; each edit is an option and its labels."""
    fields = [
        {"fieldId": "labels", "bulkEditMultiSelectFieldOption": option, "labels": [{"name": name} for name in names]}
        for option, names in edits
    ]
    return {
        "selectedIssueIdsOrKeys": list(keys),
        "selectedActions": ["labels"],
        "editedFieldsInput": {"labelsFields": fields},
        "sendBulkNotification": False,
        **more,
    }


@pytest.fixture
def cloud(jira, item, clock):
    return jira("cloud", clock=clock, items=[item("PAY-1", labels=("a", "b")), item("PAY-2"), item("SHOP-1")])


@pytest.fixture
def submit(cloud, browser):
    """Submits a bulk edit and comes back with the function that polls it."""
    web = browser(cloud)

    def start(*args, **more):
        answer = web.post("/bulk/issues/fields", json=bulk(*args, **more))
        assert answer.status_code == 201, answer.text
        return lambda: web.get(f"/bulk/queue/{answer.json()['taskId']}").json()

    return start


def test_a_bulk_edit_runs_and_completes(cloud, submit):
    poll = submit(["PAY-1", "PAY-2"], ("ADD", ["c"]))
    assert [poll()["status"], poll()["status"]] == ["ENQUEUED", "RUNNING"]
    assert cloud.tags()["PAY-1"] == ("a", "b")
    done = poll()
    assert (done["status"], done["progressPercent"], done["totalIssueCount"]) == ("COMPLETE", 100, 2)
    assert done["processedAccessibleIssues"] == [cloud.issue("PAY-1").id, cloud.issue("PAY-2").id]
    assert (cloud.tags()["PAY-1"], cloud.tags()["PAY-2"]) == (("a", "b", "c"), ("c",))
    assert cloud.mailed == ()


def test_bulk_options(cloud, submit):
    cloud.knobs.bulk_polls = 0
    for edit, wanted in (
        (("REMOVE", ["a"]), ("b",)),
        (("REPLACE", ["x", "y"]), ("x", "y")),
        (("REMOVE_ALL", []), ()),
    ):
        assert submit(["PAY-1"], edit)()["status"] == "COMPLETE"
        assert cloud.tags()["PAY-1"] == wanted


def test_a_complete_bulk_edit_may_have_failed_in_part(cloud, submit):
    cloud.knobs.bulk_polls = 0
    cloud.knobs.unwritable["PAY-2"] = "The issue is locked."
    cloud.forbid("SHOP")
    done = submit(["PAY-1", "PAY-2", "SHOP-1", "PAY-99"], ("ADD", ["c"]), sendBulkNotification=True)()
    assert done["status"] == "COMPLETE"
    assert done["failedAccessibleIssues"] == {str(cloud.issue("PAY-2").id): ["The issue is locked."]}
    assert done["invalidOrInaccessibleIssueCount"] == 2
    assert done["processedAccessibleIssues"] == [cloud.issue("PAY-1").id]
    assert cloud.mailed == ("PAY-1",)


@pytest.mark.parametrize("end", ["FAILED", "CANCELLED", "DEAD"])
def test_a_bulk_edit_that_dies_changes_nothing(cloud, submit, end):
    cloud.knobs.bulk_polls, cloud.knobs.bulk_end = 0, end
    assert submit(["PAY-1"], ("ADD", ["c"]))()["status"] == end
    assert cloud.tags()["PAY-1"] == ("a", "b")


def test_a_task_that_nobody_polls_completes_in_time(cloud, submit, browser, clock):
    submit(["PAY-1"], ("ADD", ["c"]))
    submit(["PAY-2"], ("ADD", ["c"]))
    cloud.finish_tasks()
    assert cloud.tags()["PAY-2"] == ("c",)
    submit(["SHOP-1"], ("ADD", ["c"]))
    clock.advance(60)
    browser(cloud).get("/myself")
    assert cloud.tags()["SHOP-1"] == ("c",)


def test_a_task_is_forgotten(cloud, submit, clock):
    poll = submit(["PAY-1"], ("ADD", ["c"]))
    clock.advance(14 * 24 * 3600 + 1)
    assert "does not exist" in poll()["errors"][0]["message"]
    again = submit(["PAY-1"], ("ADD", ["d"]))
    cloud.forget_tasks()
    assert "does not exist" in again()["errors"][0]["message"]
    assert cloud.tags()["PAY-1"] == ("a", "b", "c")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (bulk(map(str, range(1001)), ("ADD", ["c"])), 400, "The number of issues must not exceed 1000."),
        (bulk([], ("ADD", ["c"])), 400, "selectedIssueIdsOrKeys must not be empty"),
        (
            bulk(["PAY-1"], ("ADD", ["c"]), selectedActions=[]),
            400,
            "The following editedFieldInput values are not listed as selectedActions : labels",
        ),
        (bulk(["PAY-1"]), 400, "The selectedActions have no values in editedFieldsInput."),
    ],
)
def test_wrong_bulk_edits_are_refused(cloud, browser, body, status, message):
    answer = browser(cloud).post("/bulk/issues/fields", json=body)
    assert (answer.status_code, answer.json()["errors"]) == (status, [{"message": message}])


def test_five_bulk_edits_at_once_are_enough(cloud, submit, browser):
    polls = [submit(["PAY-1"], ("ADD", [f"c{n}"])) for n in range(5)]
    answer = browser(cloud).post("/bulk/issues/fields", json=bulk(["PAY-1"], ("ADD", ["d"])))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
    cloud.knobs.bulk_polls = 0
    polls[0]()
    submit(["PAY-1"], ("ADD", ["d"]))


def test_bulk_change_is_a_permission(cloud, browser):
    cloud.knobs.bulk_change = False
    web = browser(cloud)
    assert web.post("/bulk/issues/fields", json=bulk(["PAY-1"], ("ADD", ["c"]))).status_code == 403
    held = web.get("/mypermissions?permissions=BULK_CHANGE,EDIT_ISSUES").json()["permissions"]
    assert {name: held[name]["havePermission"] for name in held} == {"BULK_CHANGE": False, "EDIT_ISSUES": True}


def test_a_bulk_edit_whose_answer_is_lost_still_runs(jira, item, browser):
    site = jira("cloud", items=[item("PAY-1")])
    site.faults.add(AnswerLost(), method="POST", path="/bulk/issues/fields$")
    with pytest.raises(requests.ConnectionError):
        browser(site).post("/bulk/issues/fields", json=bulk(["PAY-1"], ("ADD", ["c"])))
    site.finish_tasks()
    assert site.tags() == {"PAY-1": ("c",)}
