"""How the emulated GitHub refuses what is inside a query."""

from __future__ import annotations

from graphql import GraphQLError


def refuse(kind: str, message: str) -> GraphQLError:
    """An error of the vendor's form: `type` beside the message."""
    return GraphQLError(message, extensions={"type": kind})
