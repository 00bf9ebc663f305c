"""Text from a tracker, shown and never obeyed: the one rule for terminals, pages, JSON and spreadsheets.

The patterns are plain literals, so that Python's engine and that of the frames read them the same.
"""

from __future__ import annotations

import re

SEQUENCES = (
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    "|(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?"  # OSC and other strings
    "|\x1b[ -/]*[0-~]"  # two-character escapes
)
"""What a terminal takes as an order, with all that belongs to it."""
BREAKS = "[\t\n\v\f\r\x85\u2028\u2029]+"
"""What breaks a line."""
_MARKS = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_UNSEEN = f"\x7f-\x84\x86-\x9f{_MARKS}"
HIDDEN = f"[\x00-\x08\x0e-\x1f{_UNSEEN}]"
"""Control characters, direction marks and overrides, invisible characters, tags."""
FORMULA = "^[ \u00a0]*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]"
"""How a cell begins that a spreadsheet may run."""

_SEQUENCES, _BREAKS, _HIDDEN, _FORMULA = map(re.compile, (SEQUENCES, BREAKS, HIDDEN, FORMULA))
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSAFE_IN_JSON = re.compile(f"[{_UNSEEN}\x85\u2028\u2029\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` as one line of what can be seen: no escape sequences, control characters or direction tricks."""
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub("", _BREAKS.sub(" ", _SEQUENCES.sub("", _SURROGATE.sub("\ufffd", text))))


def clean_block(text: str) -> str:
    """The same for several lines of our own, which may quote a tracker's text."""
    return "\n".join(clean(line) for line in text.split("\n"))


def clean_json(text: str) -> str:
    """A JSON document with the characters that steer a terminal written as escapes; it means the same."""
    return _UNSAFE_IN_JSON.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def clean_cell(value: object) -> object:
    """A CSV cell that a spreadsheet takes as text: what begins like a formula gets an apostrophe. Numbers stay."""
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if _FORMULA.match(value) or _FORMULA.match(text) else text
