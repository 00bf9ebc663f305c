"""What an admin writes about an Asana source."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from veaf_sync.connector import SourceSettings, split_address
from veaf_sync.connector.settings import Texts
from veaf_sync.credentials import Secret

_PUBLIC = "app.asana.com"
_IN_ADDRESS = re.compile(r"/(?:project|portfolio|0)/(?:portfolio/)?(\d+)")


def _gid(value: str, what: str) -> str:
    """The id in what a person gave: the id itself, or the address that the browser shows."""
    text = value.strip()
    if text.isdigit():
        return text
    found = _IN_ADDRESS.search(text) if "://" in text else None
    if found is None:
        raise ValueError(f"{value!r} is no {what}; give the number in its address, such as 1203000000000007")
    return found[1]


class AsanaSettings(SourceSettings):
    """Projects of one Asana workspace or organisation."""

    targets = frozenset({"label", "field", "goal"})

    connector: str = Field(default="asana", description="asana")
    site: str = Field(default=f"https://{_PUBLIC}", description="Asana's address.")
    token: Secret = Field(description="Where the personal access token is kept: env:NAME, file:PATH …")
    workspace: str = Field(
        default="", description="The workspace's name or number. Absent: the only one that the token sees."
    )
    projects: Texts = Field(
        default=(),
        description="Projects by the number in their address, or by the address. Absent, and no portfolios: all open "
        "ones that the token sees.",
    )
    portfolios: Texts = Field(default=(), description="Portfolios all of whose projects are read, likewise.")
    fields: dict[str, Texts] = Field(
        default_factory=dict,
        description="Custom fields by their names in Asana: status, points and team. "
        "Rules may speak of every custom field without naming it here.",
    )

    goals: bool = Field(
        default=False, description="Read links to Asana's goals (paid); with tag: {goal: true} they are read anyway."
    )

    @field_validator("site")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = split_address(value, f"https://{_PUBLIC}")
        if parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"):
            raise ValueError(f"a site is only the beginning of the address, such as https://{_PUBLIC}")
        if parts.scheme == "http" and parts.hostname == _PUBLIC:
            raise ValueError("Asana is reached by https://")
        return value.strip().rstrip("/")

    @field_validator("projects")
    @classmethod
    def _are_projects(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_gid(each, "project") for each in value))

    @field_validator("portfolios")
    @classmethod
    def _are_portfolios(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_gid(each, "portfolio") for each in value))

    @property
    def reads_goals(self) -> bool:
        """Whether goals and what supports them are read."""
        return self.goals or bool(self.tag and self.tag.goal)

    @property
    def api(self) -> str:
        """Where the interface begins: https://developers.asana.com/docs"""
        return f"{self.site}/api/1.0"

    def hosts(self) -> tuple[str, ...]:
        return (urlsplit(self.site).netloc,)
