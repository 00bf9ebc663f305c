"""Text and Atlassian document format, the form of rich text in version 3 of the REST interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def to_adf(text: str) -> dict[str, Any]:
    """A document with one paragraph a line."""
    paragraphs = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []} for line in text.split("\n")
    ]
    return {"version": 1, "type": "doc", "content": paragraphs}


def to_text(document: Mapping[str, Any]) -> str:
    """The text of a document, one line a block."""
    return "\n".join(_blocks(document))


def _blocks(node: Mapping[str, Any]) -> Iterator[str]:
    children = node.get("content", [])
    if any(child.get("type") in _INLINE for child in children):
        yield "".join(_inline(child) for child in children)
    elif node.get("type") == "paragraph":
        yield ""
    else:
        for child in children:
            yield from _blocks(child)


def _inline(node: Mapping[str, Any]) -> str:
    if node.get("type") == "hardBreak":
        return "\n"
    attributes = node.get("attrs", {})
    return str(node.get("text") or attributes.get("text") or attributes.get("url") or "")


_INLINE = frozenset({"text", "hardBreak", "mention", "emoji", "inlineCard", "status", "date"})
