"""Scalars of YAML 1.2's core schema. Dates stay texts until a model asks for one."""

from __future__ import annotations

import re

from ruamel.yaml.events import ScalarEvent

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_OTHER_INT = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INF = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_NAN = frozenset((".nan", ".NaN", ".NAN"))
_DIGITS = 300
"""A longer row of digits stays a text: what a huge number would cost to convert is not worth it."""


def storable(text: str) -> bool:
    """Whether databases and UTF-8 can hold the text."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def scalar(event: ScalarEvent) -> object:
    """What a scalar is: a text where it is quoted or nothing else fits, else null, a truth value or a number."""
    text: str = event.value
    if event.style is not None or not event.implicit[0]:
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    return _number(text) if len(text) <= _DIGITS else text


def _number(text: str) -> object:
    """An int or float of YAML 1.2's core schema, else the text itself."""
    if _INT.fullmatch(text):
        return int(text)
    if _OTHER_INT.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if inf := _INF.fullmatch(text):
        return float(f"{inf[1]}inf")
    return float("nan") if text in _NAN else text
