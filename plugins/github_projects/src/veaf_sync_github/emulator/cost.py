"""What a query costs: https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql.language import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)


@dataclass(frozen=True, slots=True)
class Cost:
    """`nodes`: how many could come back. `points`: requests for connections, a hundred to the point, at least one."""

    nodes: int
    points: int


class _Counting:
    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self.nodes = 0
        self.requests = 0

    def count(self, selections: SelectionSetNode | None, times: int) -> None:
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                self.count(node.selection_set, self._field(node, times))
            elif isinstance(node, InlineFragmentNode):
                self.count(node.selection_set, times)
            elif isinstance(node, FragmentSpreadNode) and node.name.value in self._fragments:
                self.count(self._fragments[node.name.value].selection_set, times)

    def _field(self, node: FieldNode, times: int) -> int:
        """How often what is below a field is asked for."""
        for argument in node.arguments or ():
            value: Any = argument.value
            if isinstance(value, VariableNode):
                value = self._variables.get(value.name.value)
            elif isinstance(value, IntValueNode):
                value = int(value.value)
            elif isinstance(value, ListValueNode):
                value = list(value.values)
            if argument.name.value in ("first", "last") and isinstance(value, int):
                self.requests += times
                self.nodes += times * value
                return times * value
            if argument.name.value == "ids" and isinstance(value, list):
                return times * len(value)
        return times


def cost_of(document: DocumentNode, variables: Mapping[str, Any]) -> Cost:
    counting = _Counting(document, variables)
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode):
            counting.count(each.selection_set, 1)
    return Cost(counting.nodes, max(1, round(counting.requests / 100)))
