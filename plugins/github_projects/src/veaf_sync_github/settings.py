"""What an admin writes about a GitHub source."""

from __future__ import annotations

import re
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from veaf_sync.connector import SourceSettings, split_address
from veaf_sync.connector.settings import Texts
from veaf_sync.credentials import Secret

_OWNER = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PROJECT = re.compile(rf"({_OWNER})/(\d+)")
_PUBLIC = "github.com"


class GitHubSettings(SourceSettings):
    """Projects of organisations and users on github.com or on a GitHub Enterprise Server."""

    targets = frozenset({"label", "field"})

    connector: str = Field(default="github_projects", description="github_projects")
    site: str = Field(
        default=f"https://{_PUBLIC}",
        description="The address that the browser shows; another one for Enterprise Server.",
    )
    token: Secret = Field(description="Where the access token is kept: env:NAME, file:PATH …")
    projects: Texts = Field(
        default=(), description="Projects as OWNER/NUMBER, such as acme/3 for github.com/orgs/acme/projects/3."
    )
    owners: Texts = Field(
        default=(), description="Organisations and users all of whose visible open projects are read."
    )
    fields: dict[str, Texts] = Field(
        default_factory=dict,
        description="Project fields by their names there: status, points (a number field) and team. "
        "Rules may speak of every project field without naming it here.",
    )

    @field_validator("site")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = split_address(value, "https://github.com")
        if parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"):
            raise ValueError("a site is only the beginning of the address, such as https://github.example.com")
        if parts.scheme == "http" and parts.hostname == _PUBLIC:
            raise ValueError("GitHub is reached by https://")
        return value.strip().rstrip("/")

    @field_validator("projects")
    @classmethod
    def _are_projects(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not _PROJECT.fullmatch(name):
                raise ValueError(f"{name!r} is no project; a project is OWNER/NUMBER, such as acme/3")
        return tuple(dict.fromkeys(value))

    @field_validator("owners")
    @classmethod
    def _are_owners(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not re.fullmatch(_OWNER, name):
                raise ValueError(f"{name!r} is no organisation or user; an owner is a name such as acme")
        return tuple(dict.fromkeys(value))

    @model_validator(mode="after")
    def _looks_somewhere(self) -> Self:
        if not self.projects and not self.owners:
            raise ValueError("name the projects (acme/3) or the owners (acme) to read")
        return self

    @property
    def graphql(self) -> str:
        """The address of the GraphQL interface: https://docs.github.com/graphql/guides/forming-calls-with-graphql"""
        public = urlsplit(self.site).hostname == _PUBLIC
        return f"https://api.{_PUBLIC}/graphql" if public else f"{self.site}/api/graphql"

    def hosts(self) -> tuple[str, ...]:
        return (urlsplit(self.graphql).netloc,)


def split_project(name: str) -> tuple[str, int]:
    """`acme/3` as owner and number."""
    owner, _, number = name.rpartition("/")
    return owner, int(number)
