"""Texts from outside, made fit for an error or a log line."""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from requests import Response, exceptions

from veaf_sync.credentials import redact
from veaf_sync.credentials.redaction import LONGEST

_LONGEST = 300


def tidy(text: str, longest: int = _LONGEST) -> str:
    """`text` on one line without control characters and secrets, cut to `longest` characters."""
    begin = redact(text[: 20 * longest + LONGEST])
    if len(text) > 20 * longest + LONGEST:
        begin = begin[:-LONGEST]  # there a secret may be cut in two, which no redaction finds
    shown = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in begin)
    shown = " ".join(shown.split())
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def tool_text(response: Response) -> str:
    """What the tool itself says about a refused request, from its JSON or plain text; "" where it says nothing."""
    kind = response.headers.get("Content-Type", "")
    if "html" in kind:
        return ""
    if "json" not in kind:
        return tidy(response.text) if kind.startswith("text/") else ""
    try:
        data = json.loads(response.content)
    except (ValueError, RecursionError):
        return ""
    return tidy("; ".join(dict.fromkeys(_sentences(data, 0))))


def _sentences(data: Any, depth: int) -> Iterator[str]:
    if depth > 4:
        return
    if isinstance(data, str):
        yield data
    elif isinstance(data, list):
        for entry in data[:20]:
            yield from _sentences(entry, depth + 1)
    elif isinstance(data, dict):
        if isinstance(errors := data.get("errors"), dict):
            yield from (f"{name}: {text}" for name, text in list(errors.items())[:20])
            data = {name: value for name, value in data.items() if name != "errors"}
        for name in ("errorMessages", "errorMessage", "message", "detail", "error", "errors", "error_description"):
            yield from _sentences(data.get(name), depth + 1)


def network_reason(error: Exception) -> str:
    """Why an exchange on the network failed, in a few words, without the address."""
    if isinstance(error, exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, exceptions.ReadTimeout) or type(error).__name__ == "ReadTimeoutError":
        return "no answer in time"
    inner: Any = error.args[0] if error.args else error
    inner = getattr(inner, "reason", None) or inner
    text = re.sub(r"^.*object at 0x[0-9a-f]+>:?\s*", "", str(inner))
    text = re.sub(r"^\w+\(host=[^)]*\):?\s*", "", text)
    return f"connection failed ({tidy(text, 120)})"


class RedactSecrets(logging.Filter):
    """Takes secrets out of log records before any handler sees them."""

    def filter(self, record: logging.LogRecord) -> bool:
        shown = record.getMessage()
        record.msg, record.args = redact(shown), None
        return True
