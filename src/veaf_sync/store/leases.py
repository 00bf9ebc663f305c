"""Who may write: named leases with a fencing number that grows at every acquisition."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from sqlalchemy import select, update

from veaf_sync.errors import FenceLost, Refused
from veaf_sync.store import tables
from veaf_sync.store.engine import Database, fence_lost
from veaf_sync.store.records import Lease
from veaf_sync.store.values import clean, instant

_t = tables.leases.c


class Leases:
    """Acquire before writing, renew while writing, release at the end. Only the database's clock counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def acquire(self, name: str, holder: str, ttl: timedelta) -> Lease:
        """Take the lease `name` for `ttl`, where it is free or expired.

        `holder` says to people who holds it (host, process, command). Raises `Refused` where another holds it.
        """
        holder = clean(holder) or "unnamed"
        now = self._database.now
        length = ttl // timedelta(microseconds=1)
        statement = self._database.insert(tables.leases).values(
            name=name, holder=holder, fence=1, since=now, expires=now + length, ttl=length
        )
        taken = {"holder": holder, "fence": _t.fence + 1, "since": now, "expires": now + length, "ttl": length}
        free = (_t.holder == "") | (_t.expires <= now)
        statement = statement.on_conflict_do_update(index_elements=[_t.name], set_=taken, where=free)
        with self._database.unfenced() as connection:
            fence = connection.execute(statement.returning(_t.fence)).scalar_one_or_none()
            if fence is not None:
                return Lease(name, holder, int(fence))
            row = connection.execute(select(tables.leases).where(_t.name == name)).one()
        raise Refused(
            f"{row.holder} has been at work since {instant(row.since):%Y-%m-%d %H:%M:%S} UTC (lease {name}). "
            "Two runs never write at once; nothing was done.",
            fix=f"Wait until it is done (veaf-sync runs). If it died, its lease ends by itself at "
            f"{instant(row.expires):%H:%M:%S} UTC; then run the same command again.",
        )

    def renew(self, lease: Lease, ttl: timedelta | None = None) -> None:
        """Hold `lease` for `ttl` from now (`None`: as long as it was acquired for). Raises `FenceLost`."""
        length = _t.ttl if ttl is None else ttl // timedelta(microseconds=1)
        self._change(lease, expires=self._database.now + length)

    def check(self, *leases: Lease) -> None:
        """Raise `FenceLost` where one of `leases` is not held any more."""
        with self._database.reading() as connection:
            for lease in leases:
                row = connection.execute(select(_t.holder, _t.fence).where(_t.name == lease.name)).one_or_none()
                if row is None or (row.holder, row.fence) != (lease.holder, lease.fence):
                    raise fence_lost(lease, row.holder if row is not None else None)

    def release(self, lease: Lease) -> None:
        """Let go of `lease`. One that is already lost is left to its new holder."""
        with contextlib.suppress(FenceLost):
            self._change(lease, holder="", expires=0)

    def _change(self, lease: Lease, **values: object) -> None:
        """Change the row of a lease that is held, by one statement: threads that did more would deadlock.

        Raises `FenceLost`.
        """
        mine = (_t.name == lease.name, _t.fence == lease.fence, _t.holder == lease.holder, _t.holder != "")
        with self._database.unfenced() as connection:
            if connection.execute(update(tables.leases).where(*mine).values(**values)).rowcount:
                return
            holder = connection.execute(select(_t.holder).where(_t.name == lease.name)).scalar_one_or_none()
        raise fence_lost(lease, holder)
