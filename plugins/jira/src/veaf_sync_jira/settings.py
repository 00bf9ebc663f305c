"""What an admin writes about a Jira source."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from veaf_sync.connector import SourceSettings, split_address
from veaf_sync.connector.settings import Texts
from veaf_sync.credentials import Secret

_PROJECT = re.compile(r"[A-Z][A-Z0-9_]*")
_GATEWAY = re.compile(r"/ex/jira/[0-9a-fA-F-]{36}")


def _user(value: Any, info: ValidationInfo) -> Any:
    """A plain name or address, or a reference to where it is kept."""
    if value is None:
        return None
    if isinstance(value, str) and value.partition(":")[0] not in Secret.SCHEMES:
        return value
    return Secret.parse(value, str((info.context or {}).get("folder", "")))


class JiraSettings(SourceSettings):
    """A Jira Cloud site or a Jira Data Center server. The site's host is the only one that is talked to."""

    targets = frozenset({"label", "field", "property", "goal"})

    connector: str = Field(default="jira", description="jira")
    site: str = Field(
        description="The address that the browser shows, such as https://acme.atlassian.net, with its path if it has "
        "one; for scoped tokens https://api.atlassian.com/ex/jira/CLOUD-ID."
    )
    user: Annotated[str | Secret | None, BeforeValidator(_user)] = Field(
        default=None,
        description="Cloud: the e-mail address that the token belongs to. Absent: a personal access token.",
    )
    token: Secret = Field(description="Where the API token or personal access token is kept: env:NAME, file:PATH …")
    projects: Texts = Field(default=(), description="Project keys. Absent: all that the token can see.")
    fields: dict[str, Texts] = Field(
        default_factory=dict,
        description="Fields of Jira by their names there: points, team, and any custom field that rules speak of.",
    )
    goals: bool = Field(
        default=False,
        description="Read links to Atlassian's goals (Cloud); with tag: {goal: true} they are read anyway.",
    )
    remote_links: bool = Field(
        default=False,
        description="Read what issues link to outside of Jira, which finds copies there: one request an issue.",
    )
    edition: Literal["auto", "cloud", "dc"] = Field(default="auto", description="auto: the server is asked.")
    mail: Literal["never", "if-unavoidable"] = Field(
        default="if-unavoidable",
        description="Whether an edit is done or left where Jira mutes its mails for project administrators only.",
    )

    @field_validator("site")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = split_address(value, "https://acme.atlassian.net")
        if parts.username or parts.password:
            raise ValueError("a site holds no user or password; set user and token")
        if parts.query or parts.fragment or "/rest/" in parts.path + "/" or "/browse/" in parts.path + "/":
            raise ValueError("a site is only the beginning of the address, such as https://acme.atlassian.net")
        if parts.scheme == "http" and (parts.hostname or "").endswith((".atlassian.net", ".atlassian.com")):
            raise ValueError("Jira Cloud is reached by https://")
        if parts.hostname == "api.atlassian.com" and not _GATEWAY.fullmatch(parts.path.rstrip("/")):
            raise ValueError("the gateway's address needs the cloud id: https://api.atlassian.com/ex/jira/CLOUD-ID")
        return value.strip().rstrip("/")

    @field_validator("projects")
    @classmethod
    def _are_keys(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        keys = tuple(dict.fromkeys(key.strip().upper() for key in value))
        for key in keys:
            if not _PROJECT.fullmatch(key):
                raise ValueError(f"{key!r} is not a project key; a key is letters and digits, such as PAY")
        return keys

    @model_validator(mode="after")
    def _cloud_needs_a_user(self) -> Self:
        host = urlsplit(self.site).hostname or ""
        if host.endswith(".atlassian.net") and not self.user:
            raise ValueError("Jira Cloud needs the user that the token belongs to: user: env:JIRA_USER")
        return self

    @model_validator(mode="after")
    def _goals_are_clouds(self) -> Self:
        if not self.reads_goals:
            return self
        if self.edition == "dc" or not self.user:
            raise ValueError("goals are Jira Cloud's: they need the user that the token belongs to, and no Data Center")
        if self.gateway:
            raise ValueError("goals are read at the site's own address, such as https://acme.atlassian.net")
        return self

    @model_validator(mode="after")
    def _properties_are_clouds(self) -> Self:
        if self.tag and self.tag.property_ and (self.edition == "dc" or not self.user):
            raise ValueError("a tag cannot be a property on Data Center, whose search shows none: use a label")
        return self

    @property
    def reads_goals(self) -> bool:
        """Whether goals and what is linked to them are read."""
        return self.goals or bool(self.tag and self.tag.goal)

    @property
    def cloud(self) -> bool | None:
        """Whether the site is Jira Cloud, as its address or `edition` says; `None` where the server has to be asked."""
        if self.edition != "auto":
            return self.edition == "cloud"
        return True if self.gateway or (urlsplit(self.site).hostname or "").endswith(".atlassian.net") else None

    @property
    def gateway(self) -> bool:
        """Whether the site is reached through Atlassian's gateway, whose address people cannot open."""
        return urlsplit(self.site).hostname == "api.atlassian.com"

    def hosts(self) -> tuple[str, ...]:
        parts = urlsplit(self.site)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        return (f"{host}:{parts.port}" if parts.port else host,)
