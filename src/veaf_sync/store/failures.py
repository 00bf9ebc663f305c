"""What a database says when it cannot go on, in words that help."""

from __future__ import annotations

from veaf_sync.errors import StoreError

RESTORE = (
    "Restore a copy of it, or remove the file and run: veaf-sync sync --full\n"
    "(a new store starts without history; tags already in the tools then need: veaf-sync sync --adopt-tags ours)"
)

_KNOWN = (
    (
        ("not a database", "file is encrypted"),
        "is not a database of veaf-sync: its content is something else.",
        RESTORE,
    ),
    (("malformed", "disk image"), "is damaged. Nothing more was read or written.", RESTORE),
    (
        ("database is locked", "database table is locked", "lock timeout", "database is busy"),
        "is locked: another program has been writing to it for too long. This step stored nothing.",
        "Wait until the other run is done (veaf-sync runs), then try again.",
    ),
    (
        ("readonly database", "read-only", "attempt to write a readonly"),
        "is read-only. Nothing was written.",
        "Make the file and its folder writable for you.",
    ),
    (
        ("database or disk is full", "no space left", "could not extend file", "ioerr_shmsize"),
        "cannot grow: the disk is full. This step stored nothing; what was stored before is safe.",
        "Free some space, then run the same command again: it goes on where it stopped.",
    ),
    (
        ("unable to open database file",),
        "cannot be opened.",
        "Check that its folder exists and that you may write there.",
    ),
    (
        ("disk i/o error",),
        "cannot be read or written: the disk reports an error.",
        f"Try again. Where it stays so, the disk or the file is damaged. {RESTORE}",
    ),
    (
        ("password authentication failed", "no password supplied"),
        "refuses the user or password.",
        "Correct `store:` in veaf-sync.yaml.",
    ),
    (
        (
            "connection refused",
            "could not connect",
            "connection failed",
            "no such file or directory",
            "name or service",
        ),
        "cannot be reached.",
        "Check that the server runs and that `store:` in veaf-sync.yaml names it.",
    ),
    (
        ("server closed the connection", "terminating connection", "connection is lost", "consuming input failed"),
        "ended the connection. This step stored nothing; what was stored before is safe.",
        "Run the same command again: it goes on where it stopped.",
    ),
)


def explain(name: str, error: BaseException) -> StoreError:
    """The database's `error` as a `StoreError` about the store called `name`."""
    said = str(error).strip()
    # SQLite says no more than "disk I/O error" where there is no room for the index of its log; the name tells.
    lowered = f"{said} {getattr(error, 'sqlite_errorname', '')}".lower()
    for signs, what, fix in _KNOWN:
        if any(sign in lowered for sign in signs):
            return StoreError(f"The store {name} {what}", fix=fix)
    first = said.splitlines()[0] if said else type(error).__name__
    return StoreError(f"The store {name} stopped: {first}. This step stored nothing.", fix="See: veaf-sync runs")
