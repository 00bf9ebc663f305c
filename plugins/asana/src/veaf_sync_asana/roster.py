"""The projects of a source: asked for by number, those of portfolios, or all open ones of the workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from veaf_sync.connector import Partition
from veaf_sync.connector.texts import line
from veaf_sync.errors import Forbidden, Rejected
from veaf_sync_asana.client import AT_ONCE, PAID, Action, Client

FIELDS = "name,permalink_url"


def roster(client: Client) -> list[Partition]:
    """The projects by number; those that were asked for and may not be seen are unreadable.

    One request for every 100 projects of the workspace or of a portfolio, and for every 10 that are named.
    """
    settings = client.settings
    if not settings.projects and not settings.portfolios:
        params = {"workspace": client.site.workspace, "archived": "false", "opt_fields": FIELDS}
        rows = client.rows("/projects", "Listing the projects", **params)
        return _sorted(_partition(row) for row in rows)
    found = {partition.name: partition for partition in _named(client, settings.projects)}
    for portfolio in settings.portfolios:
        found |= {row.name: row for row in _of_portfolio(client, portfolio) if row.name not in found}
    return _sorted(found.values())


def visible(client: Client, project: str) -> bool:
    """Whether a project can be seen. Raises where Asana does not answer clearly."""
    (partition,) = _named(client, [project])
    return partition.readable


def _named(client: Client, names: Sequence[str]) -> Iterator[Partition]:
    what = "Asking for the projects"
    for start in range(0, len(names), AT_ONCE):
        chunk = names[start : start + AT_ONCE]
        actions = [Action("get", f"/projects/{name}", {"opt_fields": FIELDS}) for name in chunk]
        for name, reply in zip(chunk, client.batch(actions, what), strict=True):
            if reply.good and isinstance(reply.data, dict):
                yield _partition({**reply.data, "gid": name})
            elif reply.status in (403, 404):
                yield Partition(name, readable=False, reason="there is no such project, or this token may not see it")
            else:
                raise reply.raised(what)


def _of_portfolio(client: Client, portfolio: str) -> Iterator[Partition]:
    what = f"Listing portfolio {portfolio}"
    try:
        rows = client.rows(f"/portfolios/{portfolio}/items", what, opt_fields=FIELDS)
    except Rejected as refusal:
        if refusal.status == PAID:
            fix = "Name the projects instead, or use a workspace with a paid plan."
            raise Forbidden(f"{what}: portfolios are a paid feature of Asana.", fix=fix) from refusal
        raise
    for row in rows:
        if row.get("resource_type", "project") == "project":  # a portfolio may hold portfolios
            yield _partition(row)


def _partition(row: Mapping[str, Any]) -> Partition:
    url = line(row.get("permalink_url"))
    return Partition(str(row["gid"]), line(row.get("name")), url if url.startswith(("https://", "http://")) else "")


def _sorted(found: Any) -> list[Partition]:
    return sorted(found, key=lambda partition: partition.name)
