"""Writing tags and custom fields: ten actions a request, each with an outcome of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from veaf_sync.connector import LABELS, Preview, Refusal, Rehearsal
from veaf_sync.model import Outcome, Result, TagChange
from veaf_sync_asana.client import AT_ONCE, Action, Client
from veaf_sync_asana.custom_fields import CustomFields
from veaf_sync_asana.tags import Tags


class Writing:
    """Adding and removing a tag are operations that never meet; a field is set, and what it holds is replaced."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._tags = Tags(client)
        self._fields = CustomFields(client)

    def preview(self, changes: Sequence[TagChange]) -> Preview:
        """Requests and refusals that writing `changes` would bring. No source says that Asana mails about either."""
        refused = [Refusal(change, reason) for change in changes if (reason := self._refusal(change))]
        hopeless = {id(refusal.change) for refusal in refused}
        good = [change for change in changes if id(change) not in hopeless]
        creating = self._tags.requests(_labels(good)) if _labels(good) else 0
        creating += self._fields.requests(_others(good))
        return Preview(creating + sum(1 for _ in self.batches(good)), tuple(refused))

    def rehearse(self) -> Rehearsal:
        """What would keep tags from being written: only fields can be looked at; Asana does not say who may write."""
        tag = self._client.settings.tag
        reason = self._fields.unfit(tag.field) if tag is not None and tag.field is not None else ""
        return Rehearsal((reason,) if reason else ())

    def batches(self, changes: Sequence[TagChange]) -> Iterator[Sequence[TagChange]]:
        """As many changes as fit into one request of ten actions."""
        batch: list[TagChange] = []
        size = 0
        for change in changes:
            needed = len(change.adds) + len(change.removes) if change.target == LABELS else 1
            if batch and size + needed > AT_ONCE:
                yield tuple(batch)
                batch, size = [], 0
            batch.append(change)
            size += needed
        if batch:
            yield tuple(batch)

    def write(self, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        """Write a batch, one outcome a change. Raises `AuthError` and `Incomplete` where nothing is known of any."""
        reasons = {id(change): self._refusal(change) for change in batch}
        good = [change for change in batch if not reasons[id(change)]]
        missing = self._tags.create(_labels(good)) if _labels(good) else {}
        missing |= self._fields.create(_others(good))
        actions: list[tuple[TagChange, Action]] = []
        for change in good:
            lacking = next((missing[name] for name in change.adds if name in missing), "")
            reasons[id(change)] = lacking
            if not lacking:
                actions += [(change, action) for action in self._actions(change)]
        for start in range(0, len(actions), AT_ONCE):
            chunk = actions[start : start + AT_ONCE]
            replies = self._client.batch([action for _, action in chunk], f"Writing to {len(chunk)} tasks")
            for (change, _), reply in zip(chunk, replies, strict=True):
                if not reply.good:
                    reasons[id(change)] = reasons[id(change)] or f"{reply.message} ({reply.status})"
        return [_outcome(change, reasons[id(change)]) for change in batch]

    def _actions(self, change: TagChange) -> Iterator[Action]:
        return self._tags.actions(change) if change.target == LABELS else self._fields.actions(change)

    def _refusal(self, change: TagChange) -> str:
        return self._tags.refusal(change) if change.target == LABELS else self._fields.refusal(change)


def _labels(changes: Sequence[TagChange]) -> list[TagChange]:
    return [change for change in changes if change.target == LABELS]


def _others(changes: Sequence[TagChange]) -> list[TagChange]:
    return [change for change in changes if change.target != LABELS]


def _outcome(change: TagChange, reason: str) -> Outcome:
    return Outcome(change.item, Result.FAILED if reason else Result.APPLIED, reason)
