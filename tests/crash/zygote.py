"""Runs `veaf-sync` again and again in processes that are forked from one that has imported everything.

Reads one JSON object a line: `commands` (lists of arguments, run one after the other until one fails), `out` (a file
for what they print), `commit` (a number and `before` or `after`: the process kills itself there, at a commit that
writes).
Answers two lines: the process's number as soon as it exists, which then waits for an empty line, and how it ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

import jira  # noqa: F401  what every process needs is imported once
import sqlalchemy.dialects.sqlite  # noqa: F401
from sqlalchemy import Connection, Engine, event

from veaf_sync import plugins
from veaf_sync.cli import app, apply, audit, plan, sync  # noqa: F401
from veaf_sync.clock import SystemClock
from veaf_sync.demo.hurry import HurriedClock
from veaf_sync.http import Session  # noqa: F401
from veaf_sync.sync import run_sync  # noqa: F401


def count_commits(number: int, when: str) -> None:
    """Kill this process at its `number`-th commit of a transaction that writes, before it or right after."""
    done = 0

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    @event.listens_for(Engine, "commit")
    def before(connection: Connection) -> None:
        nonlocal done
        if connection.get_execution_options().get("writing"):
            done += 1
            if done == number and when == "before":
                die()

    @event.listens_for(Engine, "begin")
    def after(_connection: Connection) -> None:
        if done >= number and when == "after":
            die()


def run(request: dict[str, Any]) -> int:
    if request.get("commit"):
        count_commits(*request["commit"])
    else:
        report_commits(request["out"])
    for command in request["commands"]:
        code = app.main(command, clock=HurriedClock(SystemClock()))
        sys.stdout.flush()
        if code:
            return code
    return 0


def report_commits(out: str) -> None:
    """Note how many commits there were, for whoever wants to kill at each."""
    done = 0

    @event.listens_for(Engine, "commit")
    def count(connection: Connection) -> None:
        nonlocal done
        if connection.get_execution_options().get("writing"):
            done += 1
            with open(out + ".commits", "w") as file:
                file.write(str(done))


def main() -> None:
    plugins.load()
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            sys.stdin.readline()  # the go-ahead
            code = 70
            try:
                handle = os.open(request["out"], os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
                os.dup2(handle, 1)
                os.dup2(handle, 2)
                os.environ.update(request["environment"])
                code = run(request)
                sys.stdout.flush()
            finally:
                os._exit(code)
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)


if __name__ == "__main__":
    main()
