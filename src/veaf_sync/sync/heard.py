"""What a connector says, with the secrets taken out: a tool may give its credential back in any of its texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from veaf_sync.connector import Identity, Partition, Pending, Refusal, Rehearsal
from veaf_sync.credentials import redact
from veaf_sync.model import Outcome


def identity(said: Identity) -> Identity:
    user, product = redact(said.user), redact(said.product)
    return replace(said, user=user, product=product, notes=sentences(said.notes))


def partitions(said: Sequence[Partition]) -> list[Partition]:
    """The roster; names stay as they are, as items are found by them."""
    return [
        replace(each, title=redact(each.title), url=redact(each.url), reason=redact(each.reason))
        if each.title or each.url or each.reason
        else each
        for each in said
    ]


def answer(said: Sequence[Outcome] | Pending) -> Sequence[Outcome] | Pending:
    """What became of a batch, or the task that works on it."""
    if isinstance(said, Pending):
        return said
    return [replace(each, detail=redact(each.detail)) if each.detail else each for each in said]


def refusals(said: Sequence[Refusal]) -> list[Refusal]:
    return [replace(each, reason=redact(each.reason)) for each in said]


def rehearsal(said: Rehearsal) -> Rehearsal:
    return Rehearsal(sentences(said.problems), sentences(said.notes))


def sentences(said: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(redact, said))
