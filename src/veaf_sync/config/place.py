"""As much of the configuration as reading a stored snapshot needs: where store and plugins are, whose days it tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from veaf_sync.config.document import parse
from veaf_sync.config.folder import SETTINGS
from veaf_sync.config.load import contents_of
from veaf_sync.config.problems import Part
from veaf_sync.config.settings import Settings
from veaf_sync.connector import SourceSettings
from veaf_sync.errors import ConfigError

_NEEDED = ("store", "timezone", "plugins_dir")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is, and single-file plugins. `timezone` is the zone of the days that people name."""

    folder: Path
    store: str
    timezone: ZoneInfo
    plugins_dir: Path | None = None

    def holds(self, texts: Mapping[str, str]) -> bool:
        """Whether the documents in the folder now are these `texts` by name, to the letter."""
        contents, missing = contents_of(self.folder)
        return not missing and contents == {name: text.encode() for name, text in texts.items()}


def find_place(folder: Path) -> Place:
    """The place that veaf-sync.yaml in `folder` names, whatever else is wrong in it or in the other documents.

    Raises `ConfigError` where the file, its YAML, `store`, `timezone` or `plugins_dir` cannot be used.
    """
    contents, problems = contents_of(folder, [SETTINGS])
    if problems:
        raise ConfigError(problems)
    document = parse(str(folder / SETTINGS), contents[SETTINGS])
    if not document.complete:
        raise ConfigError(document.problems)
    given = {name: document.data[name] for name in _NEEDED if document.data.get(name) is not None}
    try:
        # The model's own rules for these; the rest of it is made up
        settings = Settings.model_validate({"version": 1, "sources": {"any": SourceSettings(connector="any")}, **given})
    except ValidationError as error:
        raise ConfigError(Part(document, Settings, noun="setting").problems(error.errors(include_url=False))) from None
    home = folder.resolve()
    plugins_dir = home / Path(settings.plugins_dir).expanduser() if settings.plugins_dir else None
    return Place(home, settings.store, ZoneInfo(settings.timezone), plugins_dir)
