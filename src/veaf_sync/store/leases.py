"""Who may write: named leases with a fencing number that grows at every acquisition."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from veaf_sync.errors import FenceLost, Refused
from veaf_sync.store import tables
from veaf_sync.store.engine import Database
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
            f"{row.holder} has been writing as {name!r} since {instant(row.since):%Y-%m-%d %H:%M:%S} UTC. "
            "Two runs never write at once; nothing was done.",
            fix=f"Wait until it is done (veaf-sync runs). If it died, its lease ends by itself at "
            f"{instant(row.expires):%H:%M:%S} UTC; then run the same command again.",
        )

    def renew(self, lease: Lease, ttl: timedelta | None = None) -> None:
        """Hold `lease` for `ttl` from now (`None`: as long as it was acquired for). Raises `FenceLost`."""
        length = _t.ttl if ttl is None else ttl // timedelta(microseconds=1)
        with self._database.writing(lease) as connection:
            connection.execute(
                update(tables.leases).where(_t.name == lease.name).values(expires=self._database.now + length)
            )

    def release(self, lease: Lease) -> None:
        """Let go of `lease`. One that is already lost is left to its new holder."""
        try:
            with self._database.writing(lease) as connection:
                connection.execute(update(tables.leases).where(_t.name == lease.name).values(holder="", expires=0))
        except FenceLost:
            return
