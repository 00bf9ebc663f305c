"""How people are shown: as pseudonyms that stay the same, by name, or not at all."""

from __future__ import annotations

import base64
import hashlib

import polars as pl

from veaf_sync.read.snapshot import Snapshot

_LENGTH = 5  # bytes: 8 letters and digits


def pseudonym(name: str, organisation: str) -> str:
    """`person-k7m2qz4h`: the same for the same name in the same organisation, on every machine and in every run.

    BLAKE2b of the name, keyed by the organisation's name. It keeps names out of reports and lists; it does not
    protect against somebody who knows a name and computes its pseudonym. For that there is `people: hidden`.
    """
    key = hashlib.blake2b(organisation.encode(), digest_size=32).digest()
    digest = hashlib.blake2b(name.strip().encode(), key=key, person=b"veaf-sync people", digest_size=_LENGTH).digest()
    return "person-" + base64.b32encode(digest).decode().lower()


def show(snapshot: Snapshot, name: str) -> str:
    """One person's name as `people` in the settings says; empty where hidden."""
    people = snapshot.config.settings.people
    if people == "names" or not name:
        return name
    return pseudonym(name, snapshot.config.settings.organisation) if people == "pseudonyms" else ""


def owners(snapshot: Snapshot, assignees: pl.Series) -> pl.Series:
    """A column of assignees (List(String)) as one text each: `person-k7m2qz4h, person-x3…`."""
    names = assignees.explode(empty_as_null=True).drop_nulls().unique().to_list()
    shown = {name: show(snapshot, name) for name in names}
    texts = [", ".join(text for name in row if (text := shown[name])) for row in assignees.to_list()]
    return pl.Series("owner", texts, dtype=pl.String)
