"""What the store must load so that the mapping can be applied."""

from __future__ import annotations

from dataclasses import dataclass

from veaf_sync.conditions import Condition, properties
from veaf_sync.connector import GOALS
from veaf_sync.mapping.document import MappingFile
from veaf_sync.mapping.hierarchy import team_conditions
from veaf_sync.strategy import Strategy

FIELD = "fields."


@dataclass(frozen=True, slots=True)
class Needed:
    """What is loaded only where asked for: the description, and the custom fields named."""

    description: bool
    fields: frozenset[str]

    @property
    def columns(self) -> frozenset[str]:
        """Columns of ITEMS that are empty unless the store is asked for them."""
        return frozenset({"description"} if self.description else ()) | frozenset({"fields"} if self.fields else ())


def columns(mapping: MappingFile, strategy: Strategy) -> Needed:
    """What the rules, the statement readers and the teams' conditions ask for."""
    conditions: list[Condition] = [rule.when for rule in mapping.rules]
    conditions += [condition for _, condition in team_conditions(strategy)]
    names = {name for condition in conditions for name in properties(condition)}
    names |= {reader.from_ for reader in mapping.stated}
    names |= {FIELD + GOALS} if any(objective.goal for objective in strategy.objectives) else set()
    fields = frozenset(name.removeprefix(FIELD) for name in names if name.startswith(FIELD))
    return Needed("description" in names, fields)
