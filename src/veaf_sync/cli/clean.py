"""Text from a tracker on a terminal: without escape sequences, control characters and direction tricks."""

from __future__ import annotations

import re

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC and other strings
    r"|\x1b[ -/]*[0-~]"  # two-character escapes
)
_SPACE = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_HIDDEN = r"\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
_CONTROL = re.compile(rf"[\x00-\x1f{_HIDDEN}\U000e0000-\U000e007f]")
_UNSAFE_IN_JSON = re.compile(rf"[{_HIDDEN}\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def clean(text: str) -> str:
    """`text` as one line that a terminal shows and never obeys."""
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub("", _SPACE.sub(" ", _SEQUENCE.sub("", _SURROGATE.sub("\ufffd", text))))


def clean_block(text: str) -> str:
    """The same for several lines of our own, which may quote a tracker's text."""
    return "\n".join(clean(line) for line in text.split("\n"))


def clean_json(text: str) -> str:
    """A JSON document with the characters that steer a terminal written as escapes; it means the same."""
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def clean_cell(value: object) -> object:
    """A CSV cell that a spreadsheet takes as text: formula beginnings get an apostrophe, control characters go."""
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if value.startswith(_FORMULA) or text.startswith(_FORMULA) else text
