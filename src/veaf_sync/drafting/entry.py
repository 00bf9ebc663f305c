"""A source to be: what the configuration will say of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from veaf_sync.connector import Connector


@dataclass(frozen=True, slots=True)
class Entry:
    """A source's name, connector and settings. `writes`: the connector can write tags."""

    name: str
    connector: str
    settings: Mapping[str, object]
    writes: bool = False

    @classmethod
    def of(cls, connector: type[Connector], settings: Mapping[str, object]) -> Entry:  # type: ignore[type-arg]
        """Named after its connector: `jira-main`."""
        name = f"{connector.name.partition('_')[0]}-main"
        return cls(name, connector.name, settings, writes=bool(connector.settings.targets))

    def reading_goals(self) -> Entry:
        """The same, with what is linked to the tool's own goals."""
        return replace(self, settings={**self.settings, "goals": True})

    @property
    def organisation(self) -> str:
        """Whose it is: `acme` of https://acme.atlassian.net, or of the projects acme/1; "" where nothing says it."""
        for setting in ("owners", "projects"):
            named = self.settings.get(setting)
            owner = str(named[0] if isinstance(named, list) and named else named or "").partition("/")
            if owner[0] and (setting == "owners" or owner[1]):
                return owner[0]
        first, _, rest = (urlsplit(str(self.settings.get("site", ""))).hostname or "").partition(".")
        return first if rest.startswith(("atlassian.", "ghe.")) else ""


def as_setting(text: str) -> object:
    """A setting as typed: `PAY,SHOP` is a list, JSON is what it says, anything else a text."""
    if text[:1] in "[{" and text:
        try:
            return json.loads(text)
        except ValueError:
            return text
    parts = [part.strip() for part in text.split(",")]
    return parts if len(parts) > 1 and all(parts) else text
