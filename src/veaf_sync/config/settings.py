"""`veaf-sync.yaml` as a frozen model. The sources' own settings are their connectors'."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SerializeAsAny, field_validator

from veaf_sync.connector import SourceSettings, TimeZone
from veaf_sync.connector.settings import Texts
from veaf_sync.connector.strict import Strict
from veaf_sync.measure import Allocation, Scope
from veaf_sync.plan import Governance, RunGuards
from veaf_sync.strategy import PeriodField

SOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
"""A source's name stands before the colon of `source:KEY`."""


class Mirrors(Strict):
    """One work item in two sources is counted once, in the source that stands first."""

    links: bool = Field(
        default=True, description="Items that name each other's address and are called alike are one work item."
    )
    fields: Texts = Field(
        default=(), description="Fields in which a sync tool keeps the key, id or address of the other item."
    )


class Settings(Strict):
    """Where the work is, and how it is counted."""

    version: Literal[1] = Field(description="The version of this format.", examples=[1])
    organisation: str = Field(default="", description="Shown on every report.")
    timezone: TimeZone = Field(default="UTC", description="The zone of days and periods.")
    store: str = Field(
        default="sqlite:///veaf-sync.db", description="sqlite:///FILE, from this folder, or postgresql://…"
    )
    period: PeriodField = Field(default="current", description="current, 2026-Q4, 2026-H2, 2026, or {id, from, to}.")
    fiscal_year_starts: int = Field(default=1, ge=1, le=12, description="The month in which the year starts.")
    scope: Scope = Field(default=Scope(), description="The set that every number is about.")
    allocation: Allocation = Field(default=Allocation(), description="How planned shares are compared with the work.")
    stalled_after: int = Field(
        default=14, ge=1, le=3650, description="Days without an update until open work is stalled."
    )
    mirrors: Mirrors = Field(default=Mirrors(), description="How work that lives in two tools is found.")
    guards: RunGuards = Field(default=RunGuards(), description="Caps on what one plan may change in all sources.")
    governance: Governance = Field(default=Governance(), description="Who may write tags.")
    plugins_dir: str | None = Field(
        default=None, min_length=1, description="A folder of connectors that are single files, from this folder."
    )
    people: Literal["pseudonyms", "names", "hidden"] = Field(default="pseudonyms", description="How people are shown.")
    sources: dict[str, SerializeAsAny[SourceSettings]] = Field(
        description="Connections by name.",
        examples=["{jira-main: {connector: jira, site: https://acme.atlassian.net}}"],
    )

    @field_validator("store")
    @classmethod
    def _an_address(cls, value: str) -> str:
        scheme, separator, _ = value.partition("://")
        if not separator or not re.fullmatch(r"(sqlite|postgresql)(\+[a-z0-9]+)?", scheme):
            raise ValueError("a store is sqlite:///FILE or postgresql://user@host/database")
        try:
            password = urlsplit(value).password
        except ValueError:
            raise ValueError("a store is sqlite:///FILE or postgresql://user@host/database") from None
        if password or "password=" in value.lower():
            raise ValueError("a literal secret is refused. Put the password into PGPASSWORD or ~/.pgpass")
        return value

    @field_validator("sources")
    @classmethod
    def _named(cls, value: dict[str, SourceSettings]) -> dict[str, SourceSettings]:
        if not value:
            raise ValueError("name at least one source")
        for name in value:
            if not SOURCE_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name: letters, digits, - _ . and no colon or blank")
        return value
