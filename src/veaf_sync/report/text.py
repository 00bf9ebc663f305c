"""Text from a tracker in HTML, Markdown and CSV: shown, never obeyed."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import polars as pl

from veaf_sync.text import BREAKS, FORMULA, HIDDEN, SEQUENCES, clean

# Marks inside a line, and what some readers turn into links by themselves
_MARKDOWN = re.compile(r"([\\`*_{}\[\]|~$@]|:(?=//)|(?<=www)\.)", re.IGNORECASE)


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


def cells(column: str) -> pl.Expr:
    """`clean_cell` for a whole text column of a frame."""
    raw = pl.col(column)
    cleaned = raw.str.replace_all(SEQUENCES, "").str.replace_all(BREAKS, " ").str.replace_all(HIDDEN, "")
    risky = raw.str.contains(FORMULA) | cleaned.str.contains(FORMULA)
    return pl.when(risky).then(pl.lit("'") + cleaned).otherwise(cleaned).alias(column)
