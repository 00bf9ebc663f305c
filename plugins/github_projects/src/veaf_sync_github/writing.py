"""Writing tags: labels of issues and pull requests, or a field of their project items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from veaf_sync.connector import LABELS, Preview, Rehearsal, Tag
from veaf_sync.model import Outcome, TagChange
from veaf_sync_github.client import Client
from veaf_sync_github.field_writing import FieldWriting
from veaf_sync_github.label_writing import LabelWriting
from veaf_sync_github.reading import Reading
from veaf_sync_github.sending import AT_ONCE


class Writing:
    """Hands each change to the one that knows its target. A batch holds changes of one target."""

    def __init__(self, client: Client, reading: Reading) -> None:
        self._labels = LabelWriting(client)
        self._fields = FieldWriting(client, reading)

    def rehearse(self, tag: Tag | None) -> Rehearsal:
        """What would keep tags from being written: only fields can be looked at; the token's scopes are not told."""
        return self._fields.rehearse(tag.field) if tag is not None and tag.field is not None else Rehearsal()

    def preview(self, changes: Sequence[TagChange]) -> Preview:
        labels, fields = self._labels.preview(_at_labels(changes)), self._fields.preview(_at_fields(changes))
        return Preview(labels.requests + fields.requests, (*labels.refused, *fields.refused))

    def batches(self, changes: Sequence[TagChange]) -> Iterator[Sequence[TagChange]]:
        for part in (_at_labels(changes), _at_fields(changes)):
            for start in range(0, len(part), AT_ONCE):
                yield tuple(part[start : start + AT_ONCE])

    def write(self, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        return (self._labels if batch[0].target == LABELS else self._fields).write(batch)


def _at_labels(changes: Sequence[TagChange]) -> list[TagChange]:
    return [change for change in changes if change.target == LABELS]


def _at_fields(changes: Sequence[TagChange]) -> list[TagChange]:
    return [change for change in changes if change.target != LABELS]
