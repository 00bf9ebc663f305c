"""What issues link to outside of Jira: how copies in other tools are found."""

from __future__ import annotations

import pytest

from veaf_sync.emulator import Status

from .organisation import PROJECTS, count

TOTAL = sum(PROJECTS.values())


@pytest.mark.parametrize("profile", ["cloud", "dc"])
def test_links_are_read_where_the_settings_ask_for_them(organisation, profile):
    made = organisation(profile, remote_links=True)
    made.site.link_to("PAY-3", "https://hub.invalid/acme/shop/issues/88")
    made.site.link_to("PAY-3", "https://wiki.invalid/page#part")
    result = made.sync()
    assert not result.degraded
    assert count(made, "GET", "remotelink") == TOTAL, "one request an issue"
    links = {
        row.id: row.links
        for row in made.store._database.engine.connect().exec_driver_sql(
            "SELECT id, links FROM items WHERE links <> ''"
        )
    }
    held = "https://hub.invalid/acme/shop/issues/88\x1fhttps://wiki.invalid/page"
    assert links == {str(made.site.issue("PAY-3").id): held}
    since = len(made.sent())
    made.wait(3600)
    made.site.link_to("PAY-6", "https://hub.invalid/1")
    assert made.sync().sources[0].changed == 1
    assert count(made, "GET", "remotelink", since) < 5


def test_links_that_cannot_be_read_end_the_shard(organisation):
    made = organisation("cloud", remote_links=True)
    id = made.site.issue("PAY-3").id
    made.site.faults.add(Status(403), path=f"/issue/{id}/remotelink$", times=None)
    result = made.sync()
    assert result.degraded
    assert made.of(result.run.id, "PAY") == set(), "never read"
    made.site.faults.clear()
    made.wait(3600)
    assert not made.sync().degraded
