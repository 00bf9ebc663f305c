"""Jira's values as plain texts."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

_END_OF_TIME = 253_402_300_800  # the year 10000, in seconds
_GAPS = re.compile(r"\n{3,}")
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BLOCKS = frozenset(
    {
        *("paragraph", "heading", "blockquote", "codeBlock", "panel", "rule", "mediaSingle", "expand", "nestedExpand"),
        *("bulletList", "orderedList", "listItem", "taskList", "taskItem", "decisionList", "decisionItem"),
        *("table", "tableRow"),
    }
)
_SPRINT_NAME = re.compile(
    r"[\[,]name=(.*?)(?:,(?:startDate|endDate|completeDate|activatedDate|sequence|goal|state|id)=|\]$)"
)


def clean(text: str) -> str:
    """`text` without control characters (line ends and tabs stay), surrogates, and in one normal form."""
    if text.isascii() and (text.isprintable() or text.replace("\n", "").isprintable()):
        return text  # nearly all; the rest of this function is for the others
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _UNFIT.sub("", text))


def line(value: Any) -> str:
    """A value that is one line: trimmed, its white space single."""
    return _line(value) if value and isinstance(value, str) else ""


def title(value: Any) -> str:
    """A line that hardly comes twice, so that it pushes no name out of the memory of lines."""
    return " ".join(clean(value).split()) if isinstance(value, str) else ""


@lru_cache(maxsize=8192)
def _line(text: str) -> str:
    """Names of types, states, people and versions come again and again."""
    return " ".join(clean(text).split())


def rich(value: Any) -> str:
    """A description: wiki text as it is, a document of the Atlassian Document Format as its text."""
    if isinstance(value, str):
        return clean(value).strip()
    if isinstance(value, dict):
        text = clean(_document(value)).strip()
        return _GAPS.sub("\n\n", text) if "\n\n\n" in text else text
    return ""


def _document(root: dict[str, Any]) -> str:
    """The text of a document in reading order; a stack, so that no nesting is too deep."""
    out: list[str] = []
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        if type(node) is str:
            out.append(node)
        elif type(node) is dict:
            kind = node.get("type")
            if kind == "text":
                out.append(_text(node.get("text")))
            elif isinstance(kind, str):
                if kind not in _BLOCKS:
                    out.append(_leaf(kind, node.get("attrs")))
                elif kind == "listItem":
                    out.append("- ")
                stack.append("\n" if kind in _BLOCKS else "\t" if kind in ("tableCell", "tableHeader") else "")
                if type(children := node.get("content")) is list:
                    texts = _leading_texts(children)
                    out += texts
                    stack.extend(reversed(children[len(texts) :]))
    return "".join(out)


def _leading_texts(nodes: list[Any]) -> list[str]:
    """The texts before the first node that is more than a text: most paragraphs are nothing else."""
    texts: list[str] = []
    for node in nodes:
        if type(node) is not dict or node.get("type") != "text":
            break
        texts.append(_text(node.get("text")))
    return texts


def _leaf(kind: str, attributes: Any) -> str:
    """The text of a node that says it in its attributes."""
    if not isinstance(attributes, dict):
        return "\n" if kind == "hardBreak" else ""
    if kind in ("mention", "status", "emoji"):
        return _text(attributes.get("text")) or _text(attributes.get("shortName"))
    if kind in ("inlineCard", "blockCard", "embedCard"):
        return _text(attributes.get("url"))
    if kind == "date" and str(attributes.get("timestamp", "")).isdecimal():
        return datetime.fromtimestamp(int(attributes["timestamp"]) / 1000 % _END_OF_TIME, UTC).date().isoformat()
    return "\n" if kind == "hardBreak" else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def name_of(value: Any) -> str:
    """The one text of a value: an option's value, a version's name, a user's account, a number."""
    if isinstance(value, str):
        return line(value)
    if isinstance(value, dict):
        if value.get("type") == "doc":
            return rich(value)
        for key in ("value", "name", "title", "accountId", "displayName", "key", "id"):
            if (inner := value.get(key)) is not None and (text := name_of(inner)):
                child = value.get("child")
                return f"{text} / {name_of(child)}" if isinstance(child, dict) else text
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(int(value)) if float(value).is_integer() else str(value)
    return ""


def names_of(value: Any) -> tuple[str, ...]:
    """The texts of a value that may be a list, in its order, without repeats and blanks."""
    if not value and (value is None or value == []):
        return ()
    if not isinstance(value, list) or len(value) == 1:
        text = name_of(value[0] if isinstance(value, list) else value)
        return (text,) if text else ()
    return tuple(dict.fromkeys(filter(None, map(name_of, value))))


def sprint_names(value: Any) -> tuple[str, ...]:
    """Names of sprints: objects on Cloud; on Data Center the text of a Java object, `…Sprint@1f[id=3,name=May,…]`."""
    if value is None:
        return ()
    names: list[str] = []
    for sprint in value if isinstance(value, list) else [value]:
        if isinstance(sprint, str) and (found := _SPRINT_NAME.search(sprint)):
            names.append(line(found[1]))
        else:
            names.append(name_of(sprint))
    return tuple(dict.fromkeys(name for name in names if name))


def person(value: Any) -> str:
    """A user as one stable text: the account id on Cloud, the user name on Data Center."""
    if not isinstance(value, dict):
        return ""
    return line(value.get("accountId")) or line(value.get("name")) or line(value.get("key"))


def number(value: Any) -> float | None:
    """A finite number, else `None`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e15 else None


def instant(value: Any) -> datetime | None:
    """`2026-11-24T09:30:00.000+0000` and its like as UTC; `None` for nothing. `ValueError` for anything else."""
    if value in (None, ""):
        return None
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a time")
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return at if at.tzinfo is UTC else at.astimezone(UTC)
