"""Takes secrets out of texts."""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

MASK = "•••"
LONGEST = 4096
"""Characters: a secret that is longer may be seen in part where a text is cut before it is redacted."""
_FEWEST = 8
"""Bytes: what is shorter is not looked for inside base64, where chance would find it."""
_known: set[str] = set()
_lock = threading.Lock()


def remember(secret: str) -> None:
    """Make `redact` hide `secret` and the forms it takes on the way out and back: quoted, escaped, in base64."""
    if len(secret) < 4:
        return
    with _lock:
        _known.update(_forms(secret))


def redact(text: str, *, fewest: int = 4) -> str:
    """`text` with every secret resolved so far, of at least `fewest` characters, replaced by a mask."""
    with _lock:
        known = sorted((form for form in _known if len(form) >= fewest), key=len, reverse=True)
    for secret in known:
        if secret in text:
            text = text.replace(secret, MASK)
    return text


def _forms(secret: str) -> Iterator[str]:
    yield secret
    for quoted in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), quoted)
    escaped = html.escape(secret)
    yield from (escaped, html.escape(secret, quote=False), escaped.replace("&#x27;", "&#39;"))
    yield from (repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    for code in (base64.b64encode, base64.urlsafe_b64encode):
        whole = code(secret.encode()).decode()
        yield whole
        yield whole.rstrip("=")
        if len(secret.encode()) >= _FEWEST:
            yield from (_inside(secret.encode(), shift, code) for shift in range(3))


def _inside(secret: bytes, shift: int, code: Callable[[bytes], bytes]) -> str:
    """What of base64 is the same whatever stands around the secret, behind `shift` bytes more than a multiple of 3."""
    coded = code(b"\0" * shift + secret).decode()
    return coded[(0, 2, 3)[shift] : 8 * (shift + len(secret)) // 6]
