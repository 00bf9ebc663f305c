"""What the credential may do: asked for only where a plan is previewed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from veaf_sync.errors import Rejected
from veaf_sync_jira.client import Client

_WANTED = "BULK_CHANGE,ADMINISTER,ADMINISTER_PROJECTS,EDIT_ISSUES"
_BULK = 100


class Rights:
    """Permissions of the credential, globally and in projects; each is asked for once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, dict[str, bool]] = {}

    def may(self, permission: str, project: str = "") -> bool | None:
        """Whether we hold a permission; `None` where Jira does not say."""
        if project not in self._known:
            params = {"projectKey": project} if project else {}
            if self._client.site.cloud:
                params["permissions"] = _WANTED
            try:
                data = self._client.call("GET", "mypermissions", params=params, what="Asking for permissions").data
            except Rejected:
                data = None
            self._known[project] = _held(data)
        return self._known[project].get(permission)

    def lacks(self, permission: str) -> bool:
        """Whether an earlier answer said that we do not hold a global permission; asks nothing."""
        return self._known.get("", {}).get(permission) is False

    def may_mute(self, project: str) -> bool:
        """Whether edits in a project can be done without mailing its watchers."""
        return bool(self.may("ADMINISTER", project) or self.may("ADMINISTER_PROJECTS", project))

    def watchers(self, ids: Sequence[str]) -> int | None:
        """How many mails editing these issues would send, by their watchers; `None` where Jira does not say."""
        counts: list[Any] = []
        if self._client.site.cloud:
            for start in range(0, len(ids), _BULK):
                body = {"issueIdsOrKeys": list(ids[start : start + _BULK]), "fields": ["watches"]}
                what = "Counting watchers"
                data = self._client.call("POST", "issue/bulkfetch", json=body, safe=True, what=what).data
                counts += [_watches(raw) for raw in data.get("issues") or ()] if isinstance(data, dict) else [None]
        else:
            for id in ids:
                try:
                    answer = self._client.call(
                        "GET", f"issue/{id}", params={"fields": "watches"}, what="Counting watchers"
                    )
                except Rejected:
                    continue  # it is gone, and nobody is mailed about it
                counts.append(_watches(answer.data))
        return sum(counts) if all(isinstance(count, int) for count in counts) else None


def _held(data: Any) -> dict[str, bool]:
    permissions = data.get("permissions") if isinstance(data, dict) else None
    if not isinstance(permissions, dict):
        return {}
    return {name: bool(row.get("havePermission")) for name, row in permissions.items() if isinstance(row, dict)}


def _watches(raw: Any) -> int | None:
    values = raw.get("fields") if isinstance(raw, dict) else None
    watches = values.get("watches") if isinstance(values, dict) else None
    count = watches.get("watchCount") if isinstance(watches, dict) else None
    return count if isinstance(count, int) else None
