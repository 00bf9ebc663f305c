"""Many changes in one request, each with an outcome of its own; what a limit left undone is sent once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from veaf_sync.errors import AuthError, Incomplete
from veaf_sync.model import TagChange
from veaf_sync_github import queries
from veaf_sync_github.client import Client

AT_ONCE = 20
"""Changes in one batch."""
MOST = 40
"""Mutations in one request: below the ten seconds after which the server breaks off."""

UNREAD = "UNREAD"
"""Our own word for a request that was refused as a whole, so that nothing of it was done."""


@dataclass(frozen=True, slots=True)
class Call:
    """One mutation that is part of a change."""

    change: TagChange
    mutation: str
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call was not done; `kind` is GitHub's own word for it.

    `again`: a limit left it undone, and it may be sent after so many seconds.
    """

    call: Call
    kind: str
    message: str
    again: float | None = None


def send(client: Client, calls: Sequence[Call], what: str, *, prompt: bool = False) -> list[Failure]:
    """Make the calls, `MOST` a request, one request after the other; those that failed, in their order.

    Raises what `Client.change` raises where nothing is known of a request: `AuthError` at the first one only, as it
    says that nothing was done, and `Incomplete` behind that. `prompt`: what a limit left undone is not sent again.
    """
    from veaf_sync.http import Throttled  # requests costs start-up time

    failures: list[Failure] = []
    for start in range(0, len(calls), MOST):
        try:
            failures += _send(client, calls[start : start + MOST], what, prompt)
        except Throttled as limit:
            if not prompt:
                raise
            return failures + [Failure(call, UNREAD, limit.message, limit.seconds) for call in calls[start:]]
        except AuthError as error:
            if not start:
                raise
            raise Incomplete(error.message, fix=error.fix) from error
    return failures


def _send(client: Client, calls: Sequence[Call], what: str, prompt: bool) -> list[Failure]:
    failures = []
    left = list(calls)
    for attempt in (1, 2):
        if not left:
            break
        result = client.change(
            queries.mutations([(call.mutation, "clientMutationId") for call in left]),
            {f"i{n}": dict(call.given) for n, call in enumerate(left)},
            what,
            prompt=prompt,
        )
        again = []
        for n, call in enumerate(left):
            errors = result.under(f"m{n}") or tuple(error for error in result.errors if not error.path)
            if errors and errors[0].limited and prompt:
                failures.append(Failure(call, errors[0].kind, errors[0].message, 0.0))
            elif errors and errors[0].limited and attempt == 1:
                again.append(call)
            elif errors:
                failures.append(Failure(call, errors[0].kind, errors[0].message))
            elif result.data.get(f"m{n}") is None:
                failures.append(Failure(call, "", "GitHub did not say what became of it."))
        left = again
    return failures
