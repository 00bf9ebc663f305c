"""What `explain` answers: frozen, JSON-able, texts ready to be shown."""

from __future__ import annotations

from dataclasses import dataclass

from veaf_sync.model import ItemRef


@dataclass(frozen=True, slots=True)
class Alignment:
    """A share of an item, as in VERDICTS. `origin` and `rule` are `""` where there is none."""

    objective: str
    share: float
    origin: str
    rule: str


@dataclass(frozen=True, slots=True)
class Said:
    """A statement: the property it was read from, its value there, and the objective (or `none`) that it names.

    `dropped`: it names a closed objective where another statement names an active one.
    """

    reader: str
    value: str
    objective: str
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A key of a rule's `when`: what it asks for, what stands on the item, whether it held."""

    key: str
    wanted: str
    seen: str
    held: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule that was tried. `note` says why one whose keys all hold did not match, or was not asked."""

    rule: str
    matched: bool
    keys: tuple[Seen, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """The item itself or an ancestor: what it states, the rules tried on it, its own result's reason if any."""

    ref: ItemRef
    key: str
    title: str
    statements: tuple[Said, ...]
    tried: tuple[Tried, ...]
    result: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an item has its verdict. `walked` begins with the item and ends with the one whose result it has."""

    ref: ItemRef
    key: str
    verdict: str
    alignments: tuple[Alignment, ...]
    origin: str
    rule: str
    exemption: str
    reason: str
    withdrawn: tuple[str, ...]
    walked: tuple[Step, ...]
    fix: str

    @property
    def tried(self) -> tuple[Tried, ...]:
        """The rules tried on the item itself."""
        return self.walked[0].tried
