"""Tags of a workspace: their names are not unique, so they are found by listing, and created only where none is."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from veaf_sync.connector.texts import line
from veaf_sync.errors import SourceError
from veaf_sync.model import TagChange
from veaf_sync_asana.client import Action, Client

_LONGEST = 1024


class Tags:
    """The workspace's tags by name, asked for once: one request for every 100."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._known: dict[str, list[str]] | None = None

    def known(self) -> dict[str, list[str]]:
        """Ids by name, the oldest first."""
        with self._lock:
            if self._known is None:
                path = f"/workspaces/{self._client.site.workspace}/tags"
                found: dict[str, list[str]] = {}
                for row in self._client.rows(path, "Listing the tags", opt_fields="name"):
                    found.setdefault(line(row.get("name")), []).append(str(row["gid"]))
                self._known = {name: sorted(gids, key=lambda gid: (len(gid), gid)) for name, gids in found.items()}
            return self._known

    def refusal(self, change: TagChange) -> str:
        """Why a change cannot be written; "" where it can."""
        long = next((name for name in change.adds if len(name) > _LONGEST), "")
        return f"The tag {long[:40]!r}… is longer than {_LONGEST} characters." if long else ""

    def requests(self, changes: list[TagChange]) -> int:
        """Tags that would be created, one request each."""
        return len({name for change in changes for name in change.adds} - self.known().keys())

    def create(self, changes: list[TagChange]) -> dict[str, str]:
        """Create the tags that `changes` add and the workspace lacks; why that failed, by name."""
        failed = {}
        for name in sorted({name for change in changes for name in change.adds} - self.known().keys()):
            path = f"/workspaces/{self._client.site.workspace}/tags"
            try:
                made = self._client.post(path, {"name": name}, f"Creating the tag {name!r}")
            except SourceError as error:
                failed[name] = error.message
                self._known = None  # it may be there all the same: listed again before it is created again
                continue
            gid = made.get("gid") if isinstance(made, dict) else None
            if gid:
                self.known()[name] = [str(gid)]
            else:
                failed[name] = f"Creating the tag {name!r}: Asana did not say what became of it."
                self._known = None
        return failed

    def actions(self, change: TagChange) -> Iterator[Action]:
        """What writing `change` takes: one action for each tag, and where a name is taken several times, for each."""
        for name in change.adds:
            yield Action("post", f"/tasks/{change.item.id}/addTag", {"tag": self.known()[name][0]})
        for name in change.removes:
            for gid in self.known().get(name, ()):
                yield Action("post", f"/tasks/{change.item.id}/removeTag", {"tag": gid})
