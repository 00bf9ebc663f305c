"""Which hosts a source's requests may go to."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from veaf_sync.errors import Rejected

_PORTS = {"http": 80, "https": 443}


class Hosts:
    """The configured hosts (`host` or `host:port`); a host without a port means the scheme's own port."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self.names = tuple(host.lower().rstrip(".") for host in hosts)

    def require(self, url: str) -> Url:
        """`url`, parsed as it will be connected to. Raises `Rejected` where it leads off the configured hosts."""
        try:
            parsed = parse_url(url)
        except LocationParseError:
            raise Rejected("An address that cannot be read was refused; nothing was sent.") from None
        host = (parsed.host or "").lower().rstrip(".")
        port = parsed.port or _PORTS.get(parsed.scheme or "")
        named = f"{host}:{port}" in self.names or (host in self.names and port == _PORTS.get(parsed.scheme or ""))
        if port and host and named:
            return parsed
        shown = f"{host}:{parsed.port}" if parsed.port else host
        private = ", a private address," if _is_private(host) else ""
        raise Rejected(
            f"A request to {shown or 'nowhere'}{private} was refused: the configuration names only "
            f"{', '.join(self.names) or 'no host'}. Nothing was sent there.",
            fix="If that host is right, set it as the source's site.",
        )

    def allows(self, url: str) -> bool:
        """Whether `require` would let `url` pass."""
        try:
            self.require(url)
        except Rejected:
            return False
        return True


def _is_private(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".internal"))
    return not address.is_global
