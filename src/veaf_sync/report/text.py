"""Text from a tracker in HTML, Markdown and CSV: shown, never obeyed."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import polars as pl

# Characters that break a line, as literals, so that both regex engines read the same class
_BREAKS = "[\t\n\v\f\r\x85\u2028\u2029]+"
# Controls, direction marks and overrides, invisible characters, tags
_HIDDEN = (
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_BREAKS_RE = re.compile(_BREAKS)
_HIDDEN_RE = re.compile(_HIDDEN)
_SURROGATE = re.compile("[\ud800-\udfff]")
# Marks inside a line, and what some readers turn into links by themselves
_MARKDOWN = re.compile(r"([\\`*_{}\[\]|~$@]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
_FORMULA = "^[ \u00a0]*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]"
_FORMULA_RE = re.compile(_FORMULA)


def clean(text: str) -> str:
    """`text` as one line without control, direction and invisible characters."""
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN_RE.sub("", _BREAKS_RE.sub(" ", _SURROGATE.sub("\ufffd", text)))


def link(url: str) -> str:
    """`url` where it may become a link (http or https, a host, no log-in part, nothing hidden), else `""`."""
    if clean(url) != url or re.search(r"[\s<>\"'\\`]", url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc else ""


def markdown(text: str) -> str:
    """`text` inside a line of Markdown, shown as it is: no markup, no HTML, no link, no table cell's end."""
    entities = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(r"\\\1", entities)


def cell(text: str) -> str:
    """`text` as a CSV cell that a spreadsheet takes as text: what begins like a formula gets an apostrophe."""
    cleaned = clean(text)
    return f"'{cleaned}" if _FORMULA_RE.match(text) or _FORMULA_RE.match(cleaned) else cleaned


def cells(column: str) -> pl.Expr:
    """The same for a whole text column of a frame."""
    raw = pl.col(column)
    cleaned = raw.str.replace_all(_BREAKS, " ").str.replace_all(_HIDDEN, "")
    risky = raw.str.contains(_FORMULA) | cleaned.str.contains(_FORMULA)
    return pl.when(risky).then(pl.lit("'") + cleaned).otherwise(cleaned).alias(column)
