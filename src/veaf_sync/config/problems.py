"""What pydantic says about a document, as sentences with a line: where, what, and what helps.

Values are never repeated, but for short words where one of a few was expected: nobody knows what a
person pasted into the wrong place.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from veaf_sync.config.document import PROBLEM_CAP, Document, Path
from veaf_sync.config.outline import Outline
from veaf_sync.config.salvage import path_of
from veaf_sync.errors import Problem

_SECRET_KEY = re.compile(r"token|secret|passw|credential|api.?key|private", re.IGNORECASE)
_EXAMPLE = re.compile(r"\w: \S+$")
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,30}")

_WANTED = {
    "string": ("a text is expected.", "Put it in quotes."),
    "int": ("a whole number is expected.", ""),
    "float": ("a number is expected.", ""),
    "finite": ("a finite number is expected.", ""),
    "decimal": ("a number is expected.", ""),
    "bool": ("true or false is expected.", ""),
    "date": ("a date is expected.", "Example: 2026-12-31"),
    "dict": ("a mapping is expected (name: value).", ""),
    "mapping": ("a mapping is expected (name: value).", ""),
    "model": ("a mapping is expected (name: value).", ""),
    "dataclass": ("a mapping is expected (name: value).", ""),
    "tuple": ("a list is expected.", "Example: [first, second]"),
    "list": ("a list is expected.", "Example: [first, second]"),
    "set": ("a list is expected.", "Example: [first, second]"),
    "time": ("a duration is expected.", "Example: 26h"),
}
"""By the first word of pydantic's type of error."""
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document that one model reads: at `path`, whose keys people call `noun`."""

    document: Document
    model: type[BaseModel]
    path: Path = ()
    noun: str = "key"

    def problems(self, errors: Sequence[ErrorDetails]) -> list[Problem]:
        """Every problem once, in the order of the document's lines."""
        if not errors:
            return []
        outline = Outline(self.model.model_json_schema(mode="validation"))
        here = self.document.at(self.path)
        located = [((*self.path, *path_of(details, here)), details) for details in errors]
        # Of an "either or", what was said about the form that the person did not choose is noise.
        told = {
            path[:-1] if details["type"] == "missing" else path for path, details in located if not _is_form(details)
        }
        told = {path[:end] for path in told for end in range(len(path) + 1)}
        found: dict[Path, ErrorDetails] = {}
        for path, details in located:
            if not (_is_form(details) and path in told and isinstance(self.document.at(path), dict | list)):
                found.setdefault(path, details)
        ordered = sorted(found.items(), key=lambda pair: self.document.line(pair[0]))
        problems = [self._problem(path, details, outline) for path, details in ordered[:PROBLEM_CAP]]
        if left := len(ordered) - len(problems):
            line = self.document.line(ordered[PROBLEM_CAP][0])
            problems.append(Problem(self.document.file, line, "", f"{left:,} more problems from here on."))
        return problems

    def _problem(self, path: Path, details: ErrorDetails, outline: Outline) -> Problem:
        kind, inner = details["type"], path[len(self.path) :]
        name = str(path[-1]) if path else ""
        if kind == "missing":
            what, hint, around = f"{name} is missing.", outline.example(inner), path[:-1]
        elif kind == "extra_forbidden":
            what, hint, around = (
                f"{name or 'an empty name'} is not a {self.noun}.",
                self._unknown(name, inner, outline),
                path[:-1],
            )
        else:
            what, hint = self._value(path, details)
            around = path
        return Problem(self.document.file, self.document.line(path), where(self.document, around), what, hint)

    def _unknown(self, name: str, inner: Path, outline: Outline) -> str:
        known = outline.names(inner[:-1])
        near = difflib.get_close_matches(name, known, n=1)
        if near:
            return f"Did you mean {near[0]}?"
        return f"There are: {', '.join(known)}." if known else ""

    def _value(self, path: Path, details: ErrorDetails) -> tuple[str, str]:
        kind, context = details["type"], details.get("ctx", {})
        if kind in ("value_error", "assertion_error"):
            return self._sentence(path, str(context.get("error", details["msg"])))
        if kind in ("literal_error", "enum"):
            is_key = details["loc"][-1] == "[key]"
            return self._choice(
                path, str(path[-1] if is_key else self.document.at(path)), str(context.get("expected", ""))
            )
        if kind in _BOUNDS:
            key, words = _BOUNDS[kind]
            bound = context.get(key)
            return f"{words} {f'{bound:g}' if isinstance(bound, int | float) else bound} is expected.", ""
        if kind == "float_parsing" and str(self.document.at(path)).rstrip().endswith("%"):
            return "a number is expected.", "A part of 1, such as 0.30 for 30 %."
        wanted = _WANTED.get(kind.partition("_")[0])
        if wanted is not None:
            return wanted
        return self._sentence(path, details["msg"])

    def _choice(self, path: Path, value: str, expected: str) -> tuple[str, str]:
        choices = re.findall(r"'([^']*)'", expected) or re.split(r", | or ", expected)
        shown = ", ".join(choice if choice[:1].isalnum() else repr(choice) for choice in choices)
        if not _WORD.fullmatch(value) or _is_secret(path):
            return "this is not among what is possible.", f"One of: {shown}."
        if value in choices:
            return f"{value} in quotes is a text.", "Take the quotes away."
        near = difflib.get_close_matches(value, choices, n=1)
        return f"{value} is not possible.", f"Did you mean {near[0]}?" if near else f"One of: {shown}."

    def _sentence(self, path: Path, text: str) -> tuple[str, str]:
        """A validator's own words. Its first sentence says what, the rest what helps."""
        value = self.document.at(path)
        if _is_secret(path) and isinstance(value, str) and len(value) > 3:
            text = text.replace(value, "…")
        what, stop, hint = text.strip().partition(". ")
        return (f"{what}.", ended(hint)) if stop else (ended(what), "")


def ended(text: str) -> str:
    """The text as a sentence, so that another can follow. What ends in an example (`name: value`) stays as it is."""
    return text if not text or text[-1] in ".?!…}]" or _EXAMPLE.search(text) else f"{text}."


def where(document: Document, path: Path) -> str:
    """The path in words: entries of lists by their name or id, else counted from 1."""
    return ".".join(_steps(document, path))


def _steps(document: Document, path: Path) -> Iterator[str]:
    for index, step in enumerate(path):
        if isinstance(step, str):
            yield step
            continue
        entry = document.at(path[: index + 1])
        named: Mapping[str, Any] = entry if isinstance(entry, dict) else {}
        title = next((named[key] for key in ("name", "id") if isinstance(named.get(key), str)), None)
        yield title if title else str(step + 1)


def _is_secret(path: Sequence[str | int]) -> bool:
    return any(isinstance(step, str) and _SECRET_KEY.search(step) for step in path)


def _is_form(details: ErrorDetails) -> bool:
    return details["type"].endswith("_type") or details["type"] in ("literal_error", "enum")
