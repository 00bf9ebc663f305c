"""Texts of a file: what no database can hold is taken out, what is not in the file's encoding is found."""

from __future__ import annotations

LINE_CAP = 16 * 1024 * 1024
"""Characters in one line of JSON Lines, or in one cell of CSV."""
_SHOWN = 40


def clean(text: str) -> str:
    """Without surrounding blanks, and without what a database cannot hold (NUL, halves of surrogate pairs)."""
    if not text.isascii():
        text = text.encode("utf-8", "ignore").decode("utf-8")
    return text.replace("\0", "").strip()


def short(value: object) -> str:
    """A value as errors quote it."""
    text = str(value)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def not_unicode(text: str) -> str:
    """A clause on the bytes that could not be decoded (they stand in `text` as lone surrogates); empty: none."""
    if text.isascii():
        return ""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        around = text[max(0, error.start - _SHOWN // 2) : error.start + _SHOWN // 2]
        guess = around.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
        return f"this is not UTF-8 (read as Windows' cp1252 it is {guess!r})"
    return ""
