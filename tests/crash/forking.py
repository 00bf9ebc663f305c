"""A process that has imported everything and used nothing, and forks a child for each run of the command line.

A fresh start of Python takes more than a second, a fork takes ten milliseconds. `python forking.py fork` reads one line
of JSON for each child from its standard input (see `shell.py`, which writes them) and answers in lines of JSON:

    {"pid": 4711}        the child has been forked
    {"status": -9}       the child has ended: the signal that killed it, or its exit code

A child can be told to die by itself: SIGKILL just before or just after one of the commits of the store, by
SQLAlchemy's events. `python forking.py stay` forks nothing and runs the commands itself, one after the other: for
those that nothing kills, as the second run of a process takes half the time of the first.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import re
import signal
import sys
import threading
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Pool, event

from veaf_sync import plugins
from veaf_sync.cli import main
from veaf_sync.clock import ManualClock

PACKAGES = ("veaf_sync", "veaf_sync_asana", "veaf_sync_file", "veaf_sync_github", "veaf_sync_jira")
UNUSED = re.compile(r"\.(__main__|emulator|testing|demo|env)\b")
"""Modules that no child needs, or that do something when they are imported."""
_TABLE = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE)\s+\"?(\w+)", re.IGNORECASE)


class Commits:
    """Counts the boundaries around the commits that write, and kills this process at the one it is told.

    A boundary's name is the first table that the transaction wrote to. Behind a commit the next that SQLAlchemy tells
    of is that the connection goes back to its pool; nothing of ours runs in between.
    """

    def __init__(self, die_at: int, told: int) -> None:
        self._die_at = die_at
        self._told = told
        self._passed = 0
        event.listen(Engine, "before_cursor_execute", self._execute)
        event.listen(Engine, "commit", self._commit)
        event.listen(Engine, "rollback", self._rollback)
        event.listen(Pool, "checkin", self._checkin)

    def _execute(self, connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if found := _TABLE.match(statement):
            connection.info.setdefault("written", found[1])

    def _rollback(self, connection: Connection) -> None:
        connection.info.pop("written", None)

    def _commit(self, connection: Connection) -> None:
        if table := connection.info.pop("written", ""):
            connection.info["committed"] = table
            self._pass(f"before the commit of {table}")

    def _checkin(self, _connection: object, record: Any) -> None:
        if table := record.info.pop("committed", ""):
            self._pass(f"after the commit of {table}")

    def _pass(self, name: str) -> None:
        self._passed += 1
        if self._told >= 0:
            os.write(self._told, f"{name}\n".encode())
        if self._passed == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)


def import_everything() -> None:
    """All rooms, all connectors and the libraries that commands load late."""
    for package in PACKAGES:
        module = importlib.import_module(package)
        for found in pkgutil.walk_packages(module.__path__, f"{package}."):
            if not UNUSED.search(found.name):
                importlib.import_module(found.name)
    for library in ("polars", "sqlalchemy.dialects.sqlite", "alembic.command", "requests", "socket"):
        importlib.import_module(library)
    plugins.load()


def read_line() -> dict[str, Any] | None:
    """The next line of standard input, not a byte more: what follows may be for the child. None at its end."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return None
        line += byte
    found: dict[str, Any] = json.loads(line)
    return found


def say(**what: object) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


def command(asked: dict[str, Any]) -> int:
    """Run one command as the process would; standard output and error go into a file. Its exit code."""
    os.environ.update(asked["environment"])
    output = os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.close(output)
    code = main(asked["arguments"], clock=ManualClock(datetime.fromisoformat(asked["at"])))
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def die(asked: dict[str, Any]) -> None:
    """The forked child: one command, unless something kills it before its end."""
    told = os.open(asked["boundaries"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC) if asked["boundaries"] else -1
    Commits(asked["die_at"], told)
    code = 70
    try:
        code = command(asked)
    finally:
        os._exit(code)


def fork() -> None:
    """Fork a child for every line, until there are no more."""
    gc.freeze()
    gc.disable()  # a collection would copy the pages that the children share with us
    say(ready=True)
    while asked := read_line():
        if threading.active_count() > 1:
            raise RuntimeError("importing the program started a thread, so that forking is not safe")
        pid = os.fork()
        if pid == 0:
            gc.enable()
            die(asked)
        say(pid=pid)
        _, status = os.waitpid(pid, 0)
        say(status=os.waitstatus_to_exitcode(status))


def stay() -> None:
    """Run every command in this process itself."""
    control = os.dup(1)
    gc.freeze()
    say(ready=True)
    while asked := read_line():
        code = command(asked)
        os.write(control, json.dumps({"status": code}).encode() + b"\n")


if __name__ == "__main__":
    import_everything()
    {"fork": fork, "stay": stay}[sys.argv[1]]()
