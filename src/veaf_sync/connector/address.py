"""The address of a site, as people write it."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def split_address(value: str, example: str) -> SplitResult:
    """The parts of an http or https address with a host. Raises `ValueError`, which names the `example`."""
    try:
        parts = urlsplit(value.strip())
        port_is_good = parts.port is None or parts.port > 0
    except ValueError:
        port_is_good = False
    if not port_is_good or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"a site is an address such as {example}")
    return parts
