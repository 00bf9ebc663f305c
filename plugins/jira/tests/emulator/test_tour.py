"""A tour of both editions: each resource once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from veaf_sync.model import Level, Membership, WorkItem


def items(count: int) -> list[WorkItem]:
    return [
        WorkItem(
            id=str(20_000 + n),
            key=f"PAY-{n}",
            partitions=(Membership("PAY"),),
            title=f"Item {n}",
            level=Level.EPIC if n == 1 else Level.STANDARD,
            parent="PAY-1" if n > 1 else "",
            created=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("profile", ["cloud", "dc"])
def test_tour(jira, browser, profile):
    site = jira(profile, items=items(5))
    web = browser(site)
    for path in ("/serverInfo", "/myself", "/field", "/issuetype", "/status", "/issue/PAY-2"):
        assert web.get(path).status_code == 200, path
    assert web.get("/issue/PAY-99").status_code == 404
    assert web.put("/issue/PAY-2", json={"update": {"labels": [{"add": "a"}]}}).status_code == 204
    if profile == "cloud":
        assert web.get("/project/search?expand=insight").json()["total"] == 1
        page = web.post("/search/jql", json={"jql": "project = PAY", "fields": ["*all"]}).json()
        assert len(page["issues"]) == 5
        assert web.post("/search/approximate-count", json={"jql": "project = PAY"}).json() == {"count": 5}
        assert (
            len(
                web.post("/issue/bulkfetch", json={"issueIdsOrKeys": ["PAY-1", "9"], "fields": ["summary"]}).json()[
                    "issues"
                ]
            )
            == 1
        )
        edit = {
            "labelsFields": [{"fieldId": "labels", "bulkEditMultiSelectFieldOption": "ADD", "labels": [{"name": "b"}]}]
        }
        task = web.post(
            "/bulk/issues/fields",
            json={
                "selectedIssueIdsOrKeys": ["PAY-2", "PAY-3"],
                "selectedActions": ["labels"],
                "editedFieldsInput": edit,
            },
        )
        assert task.status_code == 201
        for _ in range(3):
            progress = web.get(f"/bulk/queue/{task.json()['taskId']}").json()
        assert progress["status"] == "COMPLETE"
    else:
        assert web.get("/project").json()[0]["key"] == "PAY"
        assert web.get("/search", params={"jql": "project = PAY", "maxResults": 2}).json()["total"] == 5
        assert web.get("/mypermissions").status_code == 200
