"""Writing tags and custom fields: ten actions a request, each with an outcome of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from veaf_sync.connector import GOALS, LABELS, Preview, Refusal, Rehearsal
from veaf_sync.errors import SourceError
from veaf_sync.model import Outcome, Result, TagChange
from veaf_sync_asana.client import AT_ONCE, Action, Client, Reply
from veaf_sync_asana.custom_fields import CustomFields
from veaf_sync_asana.goals import Goals
from veaf_sync_asana.tags import Tags


class Writing:
    """Adding and removing a tag are operations that never meet; a field is set, and what it holds is replaced."""

    def __init__(self, client: Client, goals: Goals | None = None) -> None:
        self._client = client
        self._goals = goals or Goals(client)
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
        if tag is not None and tag.goal:
            return Rehearsal(tuple(self._goalless(tag.goals)))
        reason = self._fields.unfit(tag.field) if tag is not None and tag.field is not None else ""
        return Rehearsal((reason,) if reason else ())

    def _goalless(self, keys: Mapping[str, str]) -> Iterator[str]:
        """Objectives whose goal cannot be linked to."""
        try:
            known = self._goals.read()
        except SourceError as error:
            yield f"{error.message} {error.fix}".strip()
            return
        for objective, gid in keys.items():
            if gid not in known:
                yield f"There is no goal {gid} that this user sees, which {objective} names as its counterpart."

    def batches(self, changes: Sequence[TagChange]) -> Iterator[Sequence[TagChange]]:
        """As many changes as fit into one request of ten actions."""
        batch: list[TagChange] = []
        size = 0
        for change in changes:
            needed = len(change.adds) + len(change.removes) if change.target in (LABELS, GOALS) else 1
            if batch and size + needed > AT_ONCE:
                yield tuple(batch)
                batch, size = [], 0
            batch.append(change)
            size += needed
        if batch:
            yield tuple(batch)

    def write(self, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        """Write a batch, one outcome a change. Raises `AuthError` and `Incomplete` where nothing is known of any."""
        from veaf_sync.http import Throttled  # requests costs start-up time

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
        whole = bool(_others(good))  # fields, each by one action: they are all in one request
        for start in range(0, len(actions), AT_ONCE):
            chunk = actions[start : start + AT_ONCE]
            what = f"Writing to {len(chunk)} tasks"
            try:
                replies = self._client.batch([action for _, action in chunk], what, prompt=whole)
            except Throttled as limit:
                if not whole:
                    raise
                waiting = Outcome(chunk[0][0].item, Result.FAILED, limit.message, unsent=True, again=limit.seconds)
                return [
                    _outcome(change, reason) if (reason := reasons[id(change)]) else replace(waiting, item=change.item)
                    for change in batch
                ]
            except BaseException:
                self._goals.forget()  # some of it may have been done
                raise
            for (change, action), reply in zip(chunk, replies, strict=True):
                reasons[id(change)] = reasons[id(change)] or self._judged(change, action, reply)
        return [_outcome(change, reasons[id(change)]) for change in batch]

    def _judged(self, change: TagChange, action: Action, reply: Reply) -> str:
        if change.target == GOALS:
            return self._goals.judge(action, reply)
        return "" if reply.good else f"{reply.message} ({reply.status})"

    def _actions(self, change: TagChange) -> Iterator[Action]:
        if change.target == GOALS:
            return self._goals.actions(change)
        return self._tags.actions(change) if change.target == LABELS else self._fields.actions(change)

    def _refusal(self, change: TagChange) -> str:
        if change.target == GOALS:
            return self._goals.refusal(change)
        return self._tags.refusal(change) if change.target == LABELS else self._fields.refusal(change)


def _labels(changes: Sequence[TagChange]) -> list[TagChange]:
    return [change for change in changes if change.target == LABELS]


def _others(changes: Sequence[TagChange]) -> list[TagChange]:
    return [change for change in changes if change.target not in (LABELS, GOALS)]


def _outcome(change: TagChange, reason: str) -> Outcome:
    return Outcome(change.item, Result.FAILED if reason else Result.APPLIED, reason)
