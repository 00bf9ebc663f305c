"""Holding leases for the length of a pass, with a heartbeat."""

from __future__ import annotations

import getpass
import logging
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from veaf_sync.errors import FenceLost, VeafSyncError
from veaf_sync.store import Lease, Store

log = logging.getLogger(__name__)
LEASE_TTL = timedelta(seconds=60)
RUN_LEASE = "run"
"""Held by whoever makes a run or writes: one at a time in a store."""


def lease_of(source: str) -> str:
    """The name of the lease under which a source is pulled and written."""
    return f"source:{source}"


def account() -> str:
    """The account that this process runs as, from the system and not from the environment, which anybody may set."""
    try:
        import pwd

        return pwd.getpwuid(os.geteuid()).pw_name
    except (ImportError, KeyError):  # another system, or a container whose user has no name
        return f"uid {os.geteuid()}" if hasattr(os, "geteuid") else getpass.getuser()


def holder() -> str:
    """Who we are to others that ask for the same lease, and in the audit."""
    return f"{account()}@{socket.gethostname()}:{os.getpid()}"


@contextmanager
def holding(store: Store, names: Sequence[str]) -> Iterator[dict[str, Lease]]:
    """Leases by name, renewed while held. Taken in sorted order, so that two passes cannot block each other.

    Raises `Refused` when somebody else holds one. A lease that is lost meanwhile makes the next commit
    raise `FenceLost`: the store checks the fence, so nothing needs to be told from thread to thread. Each is renewed by
    a thread of its own: a long commit under one keeps its renewal waiting, and must not keep the others'.
    """
    with ExitStack() as stack:
        leases: dict[str, Lease] = {}
        for name in sorted(names):
            leases[name] = store.leases.acquire(name, holder(), LEASE_TTL)
            stack.callback(_release, store, leases[name])
        stop = threading.Event()
        beats = [
            threading.Thread(target=_renew, args=(store, lease, stop), daemon=True, name=f"lease {name}")
            for name, lease in leases.items()
        ]
        for beat in beats:
            beat.start()
        try:
            yield leases
        finally:
            stop.set()
            for beat in beats:
                beat.join()


def _renew(store: Store, lease: Lease, stop: threading.Event) -> None:
    while not stop.wait(LEASE_TTL.total_seconds() / 4):
        try:
            store.leases.renew(lease)
        except FenceLost:
            return  # the next commit of the pass says so
        except Exception as error:  # busy with a long commit of ours, unreachable, no connection left: try again
            log.debug("The lease %s could not be renewed: %s", lease.name, error)


def _release(store: Store, lease: Lease) -> None:
    try:
        store.leases.release(lease)
    except VeafSyncError:
        return  # lost or unreachable: it runs out by itself
