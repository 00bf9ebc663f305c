"""The projects of a source: asked for by number, those of portfolios, or all open ones of the workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from veaf_sync.connector import Partition
from veaf_sync.connector.texts import line
from veaf_sync.errors import Forbidden, Rejected
from veaf_sync_asana.client import AT_ONCE, PAID, Action, Client

_FIELDS = "name,permalink_url"
_WITH_FIELDS = f"{_FIELDS},custom_field_settings.custom_field.name"


def roster(client: Client) -> list[Partition]:
    """The projects by number; those that were asked for and may not be seen are unreadable.

    One request for every 100 projects of the workspace or of a portfolio, and for every 10 that are named.
    """
    settings = client.settings
    if not settings.projects and not settings.portfolios:
        params = {"workspace": client.site.workspace, "archived": "false", "opt_fields": _fields(client)}
        rows = client.rows("/projects", "Listing the projects", **params)
        return _sorted(_partition(client, row) for row in rows)
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
        actions = [Action("get", f"/projects/{name}", {"opt_fields": _fields(client)}) for name in chunk]
        for name, reply in zip(chunk, client.batch(actions, what), strict=True):
            if reply.good and isinstance(reply.data, dict):
                yield _partition(client, {**reply.data, "gid": name})
            elif reply.status in (403, 404):
                yield Partition(name, readable=False, reason="there is no such project, or this token may not see it")
            else:
                raise reply.raised(what)


def _of_portfolio(client: Client, portfolio: str) -> Iterator[Partition]:
    what = f"Listing portfolio {portfolio}"
    try:
        rows = client.rows(f"/portfolios/{portfolio}/items", what, opt_fields=_fields(client))
    except Rejected as refusal:
        if refusal.status == PAID:
            fix = "Name the projects instead, or use a workspace with a paid plan."
            raise Forbidden(f"{what}: portfolios are a paid feature of Asana.", fix=fix) from refusal
        raise
    for row in rows:
        if row.get("resource_type", "project") == "project":  # a portfolio may hold portfolios
            yield _partition(client, row)


def _fields(client: Client) -> str:
    """What is asked of a project: its custom fields only where our tags stand in one."""
    tag = client.settings.tag
    return _WITH_FIELDS if tag is not None and tag.field is not None else _FIELDS


def _partition(client: Client, row: Mapping[str, Any]) -> Partition:
    url, tag = line(row.get("permalink_url")), client.settings.tag
    target = tag is None or tag.field is None or _has_field(row, tag.field)
    shown = url if url.startswith(("https://", "http://")) else ""
    return Partition(str(row["gid"]), line(row.get("name")), shown, target=target)


def _has_field(row: Mapping[str, Any], name: str) -> bool:
    """Whether a project has a custom field of that name; where the answer does not say, it is taken to have it."""
    held = row.get("custom_field_settings")
    if not isinstance(held, list):
        return True
    fields = [each.get("custom_field") for each in held if isinstance(each, dict)]
    return any(isinstance(field, dict) and line(field.get("name")) == name for field in fields)


def _sorted(found: Any) -> list[Partition]:
    return sorted(found, key=lambda partition: partition.name)
