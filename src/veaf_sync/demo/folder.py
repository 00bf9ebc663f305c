"""The folder of a demo or sandbox: the configuration of `init`, pointed at an emulator, and a mark that it is ours."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from veaf_sync import config
from veaf_sync.connector import Connector
from veaf_sync.demo.scenario import OBJECTIVE
from veaf_sync.errors import UsageError

Connectors = Mapping[str, type[Connector[Any]]]
MARK = ".veaf-sync-demo"
MARK_TEXT = "Written by veaf-sync demo, which may write it again. Delete this file to keep the folder.\n"
KEPT_MARK = ".veaf-sync-sandbox"
KEPT_TEXT = "Written by veaf-sync sandbox, which keeps strategy and mapping as you edit them and forgets the store.\n"
STORE = ("veaf-sync.db", "veaf-sync.db-wal", "veaf-sync.db-shm")
MADE = (*config.DOCUMENTS, *STORE, "veaf-sync.log", "plan.json", "report", ".schema")
"""Everything that may stand in such a folder because of us; nothing else is ever removed."""
WRITTEN_FOR = date(2026, 11, 24)
"""The day for which the dates in the scaffolded strategy and mapping are written."""
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


def claim(folder: Path) -> None:
    """Make `folder` the demo's and empty of what an earlier one left. Raises `UsageError` when it is another's."""
    if (folder / KEPT_MARK).is_file():
        raise UsageError(
            f"{folder} is a sandbox's: its strategy and mapping are yours. Nothing was written.",
            fix="Name another folder: veaf-sync demo ./veaf-demo",
        )
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file. Nothing was written.", fix="Name a folder: veaf-sync demo ./veaf-demo")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise UsageError(
            f"{folder} is not empty and was not written by a demo. Nothing was written.",
            fix="Name another folder: veaf-sync demo ./veaf-demo-2",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).write_text(MARK_TEXT, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror}. Nothing was written.",
            fix="Name another folder: veaf-sync demo ~/veaf-demo",
        ) from None
    for name in MADE:
        _remove(folder / name)


def keeps(folder: Path) -> bool:
    """Whether a demo or sandbox wrote this folder, and its documents are there to be kept."""
    marked = any((folder / mark).is_file() for mark in (MARK, KEPT_MARK))
    return marked and all((folder / name).is_file() for name in config.DOCUMENTS)


def keep(folder: Path) -> None:
    """From now on the folder is a sandbox's, which no demo takes."""
    (folder / KEPT_MARK).write_text(KEPT_TEXT, encoding="utf-8")
    (folder / MARK).unlink(missing_ok=True)


def configure(folder: Path, sources: Mapping[str, Mapping[str, object]], connectors: Connectors, at: datetime) -> None:
    """Write the configuration of `init` into `folder`, its sources pointed at `sources`, its dates moved to `at`."""
    config.scaffold(folder, connectors)
    days = (at.date() - WRITTEN_FOR).days
    for name in ("strategy.yaml", "mapping.yaml"):
        path = folder / name
        path.write_text(_move_dates(path.read_text(encoding="utf-8"), days), encoding="utf-8")
    point(folder, sources)


def point(folder: Path, sources: Mapping[str, Mapping[str, object]]) -> None:
    """Override in veaf-sync.yaml what `sources` says (address, credentials); everything else, comments too, stays."""
    path = folder / "veaf-sync.yaml"
    yaml = YAML()
    yaml.width = 4096
    document = yaml.load(path.read_text(encoding="utf-8"))
    for name, entry in sources.items():
        settings = document["sources"].setdefault(name, {})
        if "write_token" not in entry:
            settings.pop("write_token", None)  # this emulator knows one credential
        settings.update(entry)
        if "fields" in settings:
            settings["fields"][OBJECTIVE] = OBJECTIVE
    buffer = io.StringIO()
    yaml.dump(document, buffer)
    path.write_text(buffer.getvalue(), encoding="utf-8")


def forget_store(folder: Path) -> None:
    """Remove the store: a new emulator is a new tool, and what was known about the old one is not true of it."""
    for name in STORE:
        _remove(folder / name)


def _move_dates(text: str, days: int) -> str:
    return _DATE.sub(lambda match: str(date.fromisoformat(match[0]) + timedelta(days=days)), text)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
