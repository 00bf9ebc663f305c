"""Items that no sync has seen yet, asked of the tools by what a person calls them."""

from __future__ import annotations

from collections.abc import Sequence

from veaf_sync.config import Config
from veaf_sync.connector import Feature
from veaf_sync.errors import Incomplete, UsageError
from veaf_sync.model import WorkItem
from veaf_sync.plugins import Registry
from veaf_sync.store import Store
from veaf_sync.sync.sources import FAILURES, Sources, describe_failure

NOTHING = "Nothing was read."


def look_up(
    config: Config, registry: Registry, store: Store, opened: Sources, items: Sequence[str]
) -> dict[str, list[str]]:
    """Ids by source of `items`: each is `source:KEY`, a key, or the address of the item's page.

    Raises `UsageError` for one that no source shows, that several do, or that lives outside of what its source has
    read; and `Incomplete` where a source cannot be asked.
    """
    found: dict[str, list[str]] = {}
    for text in items:
        names, name = _addressed(config, text)
        able = [each for each in names if _finds(config, registry, each)]
        if not able:
            raise _nobody_looks(text, names)
        shown = _shown(opened, able, name)
        if not shown:
            raise UsageError(
                f"No sync has seen {text}, and {_and(able)} {'shows' if len(able) == 1 else 'show'} no such item. "
                f"{NOTHING}",
                fix="An item is source:KEY or its URL. What a source may read: veaf-sync check --online",
            )
        fitting = [(source, item) for source, item in shown if _reads(opened, store, source, item)]
        if len(fitting) > 1:
            candidates = ", ".join(f"{source}:{item.key}" for source, item in fitting)
            raise UsageError(f"{text} may mean {candidates}. {NOTHING}", fix="Name one of them.")
        if not fitting:
            raise _lives_elsewhere(*shown[0])
        source, item = fitting[0]
        found.setdefault(source, []).append(item.id)
    return found


def _addressed(config: Config, text: str) -> tuple[list[str], str]:
    """The sources that `text` may speak of, and what the item is called there."""
    every = list(config.settings.sources)
    source, colon, key = text.partition(":")
    if colon and source in every and not key.startswith("//"):
        return [source], key
    return every, text


def _finds(config: Config, registry: Registry, source: str) -> bool:
    return Feature.FIND in registry.connectors[config.settings.sources[source].connector].features


def _nobody_looks(text: str, sources: Sequence[str]) -> UsageError:
    verb = "has" if len(sources) == 1 else "have"
    named = " ".join(f"--source {source}" for source in sources)
    return UsageError(
        f"No sync has seen {text}, and {_and(sources)} {verb} no way to look an item up by its name. {NOTHING}",
        fix=f"veaf-sync sync {named} reads what is new.",
    )


def _shown(opened: Sources, sources: Sequence[str], name: str) -> list[tuple[str, WorkItem]]:
    """The item by source, where one shows it. Raises `Incomplete` where none does and one could not be asked."""
    shown, failures = [], []
    for source in sources:
        try:
            open_ = opened.reading(source)
            open_.identify()
            shown += [(source, item) for item in open_.connector.find([name]).values()]
        except FAILURES as error:
            failures.append(f"{source} could not be asked for {name}: {describe_failure(source, error)}")
    if failures and not shown:
        raise Incomplete(f"{' '.join(failures)} {NOTHING}", fix="veaf-sync check --online")
    return shown


def _reads(opened: Sources, store: Store, source: str, item: WorkItem) -> bool:
    """Whether the item lives in a partition that a sync has read and the settings still ask for."""
    read = {state.partition for state in store.pulls.states(source=source) if state.state != "dropped"}
    wants = opened.reading(source).connector.wants
    return any(place.partition in read and wants(place.partition) for place in item.partitions)


def _lives_elsewhere(source: str, item: WorkItem) -> UsageError:
    lives = ", ".join(place.partition for place in item.partitions)
    where = f"lives in {lives}, which {source} has not read" if lives else f"lives in nothing that {source} reads"
    return UsageError(
        f"{item.key} {where}. {NOTHING}",
        fix=f"veaf-sync sync --source {source} reads new ones; else name it in the settings of {source}.",
    )


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
