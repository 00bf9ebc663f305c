"""Regular expressions of the linear-time kind: the engine is Polars', here and everywhere else.

Its language has no look-around and no back-references, so no pattern can take exponential time.
"""

from __future__ import annotations

import re

import polars as pl
from polars.exceptions import PolarsError

_PROBE = pl.Series("probe", [""], dtype=pl.String())


def regex_problem(pattern: str) -> str:
    """Why `pattern` does not compile, in one sentence; empty where it does."""
    try:
        _PROBE.str.contains(pattern, literal=False, strict=True)
    except PolarsError as error:
        return f"the regular expression {pattern!r} does not compile: {_cause(str(error))}"
    return ""


def _cause(text: str) -> str:
    if found := re.search(r"^error: (.+)$", text, re.MULTILINE):
        cause = found[1]
    else:
        cause = text.splitlines()[0].removeprefix("regex error: ").rstrip(".")
    if "size limit" in cause:
        return "it is too large"
    return cause


def regex_groups(pattern: str) -> tuple[str, ...]:
    """The named groups of a pattern that compiles, in order."""
    fields = _PROBE.str.extract_groups(pattern).struct.fields
    return tuple(name for name in fields if not name.isdigit())


def holds_on_nothing(pattern: str) -> bool:
    """Whether a pattern that compiles is found in the empty text."""
    return bool(_PROBE.str.contains(pattern)[0])


def whole(pattern: str) -> str:
    """`pattern`, taking the whole value instead of being searched."""
    return rf"\A(?:{pattern})\z"


def glob_regex(glob: str) -> str:
    """A glob as a regular expression over the whole value."""
    return r"(?s)\A" + "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in glob) + r"\z"


def lower(values: tuple[str, ...]) -> list[str]:
    """Texts in lower case, by the same engine that lowers the columns."""
    return pl.Series(values, dtype=pl.String()).str.to_lowercase().to_list()
