"""Whom a connection has reached: a name may lead anywhere that its owner says."""

from __future__ import annotations

import ipaddress
from typing import Any

from veaf_sync.errors import Rejected

_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")))
"""Where clouds keep the credentials of their machines, beside 169.254.169.254 and all of that network."""


def refuse_metadata(name: str, connection: Any) -> None:
    """Close `connection` where `name` led it to a machine's own network, which hands out credentials to whoever asks.

    A tracker on an intranet has a private address, so those are served; none has one of these. Who means one writes
    the address itself. Raises `Rejected`; nothing was sent.
    """
    try:
        peer = ipaddress.ip_address(connection.getpeername()[0].partition("%")[0])
    except (OSError, ValueError):
        return  # it ended already; sending tells
    peer = getattr(peer, "ipv4_mapped", None) or peer
    if (peer.is_link_local or peer in _METADATA) and not _is_address(name):
        connection.close()
        raise Rejected(
            f"A request to {name} was refused: the name leads to {peer}, an address of this machine's own network "
            "where clouds keep credentials. Nothing was sent there.",
            fix="Check the name in your DNS. If it is right, write the address itself as the source's site.",
        )


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True
