"""Takes secrets out of texts."""

from __future__ import annotations

import base64
import json
import threading
from urllib.parse import quote

MASK = "•••"
_known: set[str] = set()
_lock = threading.Lock()


def remember(secret: str) -> None:
    """Make `redact` hide `secret` and the forms it takes on the way out (URL-quoted, base64)."""
    if len(secret) < 4:
        return
    forms = {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()}
    forms |= {repr(secret)[1:-1], json.dumps(secret)[1:-1]}  # as exceptions and JSON texts quote it
    with _lock:
        _known.update(forms)


def redact(text: str) -> str:
    """`text` with every secret resolved so far replaced by a mask."""
    with _lock:
        known = sorted(_known, key=len, reverse=True)
    for secret in known:
        if secret in text:
            text = text.replace(secret, MASK)
    return text
