"""What a condition is, and the column expression it compiles to.

A condition (`when` in mapping.yaml, `items` of a team) names properties of a work item and what their
values must be. Equality and globs take the whole value and ignore case, numbers compare as text,
regular expressions are searched as written, of several values any may do, a missing value satisfies
nothing. `parse` reads it, `prepare` gets items ready to be asked, `expression` asks.
"""

from veaf_sync.conditions.added import Added, additions, questions_of
from veaf_sync.conditions.coded import Coded
from veaf_sync.conditions.context import Context, prepare
from veaf_sync.conditions.expression import any_of, expression, part_expression
from veaf_sync.conditions.field import NOT_FOR_TEAMS, ConditionField, TeamItemsField
from veaf_sync.conditions.lineage import Lineage, ring_rows
from veaf_sync.conditions.model import Condition, Part, addable, positive_regexes, properties
from veaf_sync.conditions.parse import ConditionError, Fault, parse
from veaf_sync.conditions.regex import regex_groups, regex_problem, whole
from veaf_sync.conditions.text import as_data, wanted

__all__ = [
    "NOT_FOR_TEAMS",
    "Added",
    "Coded",
    "Condition",
    "ConditionError",
    "ConditionField",
    "Context",
    "Fault",
    "Lineage",
    "Part",
    "TeamItemsField",
    "addable",
    "additions",
    "any_of",
    "as_data",
    "expression",
    "parse",
    "part_expression",
    "positive_regexes",
    "prepare",
    "properties",
    "questions_of",
    "regex_groups",
    "regex_problem",
    "ring_rows",
    "wanted",
    "whole",
]
