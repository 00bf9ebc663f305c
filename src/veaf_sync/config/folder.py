"""Where the configuration is, and the one that `init` writes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from veaf_sync.config.schema import ROOTS, json_schema
from veaf_sync.config.sources import Connectors
from veaf_sync.errors import UserError

SETTINGS = "veaf-sync.yaml"
STRATEGY = "strategy.yaml"
MAPPING = "mapping.yaml"
DOCUMENTS = (SETTINGS, STRATEGY, MAPPING)
SCHEMAS = ".schema"
"""The folder beside the documents from which editors complete."""
VARIABLE = "VEAF_SYNC_DIR"


def find_folder(start: Path | None) -> Path:
    """The folder of the configuration.

    `start` (from -C), else the variable VEAF_SYNC_DIR, else the first that holds veaf-sync.yaml of ./config, this
    folder, and the same of its parents. Raises `UserError` where there is none.
    """
    named = start or (Path(value) if (value := os.environ.get(VARIABLE)) else None)
    if named is not None:
        if not named.is_dir():
            raise UserError(f"{named} is no folder.", fix=f"veaf-sync init {named} writes a configuration there.")
        return named
    for folder in _candidates():
        if (folder / SETTINGS).is_file():
            return folder
    raise UserError(
        f"There is no {SETTINGS} in ./config, in this folder or in its parents.",
        fix="veaf-sync init writes one; -C DIR names the folder that holds it.",
    )


def _candidates() -> Iterator[Path]:
    here = Path()
    for parent in (here, *(here.resolve().parents)):
        yield parent / "config"
        yield parent


def scaffold(folder: Path, connectors: Connectors = MappingProxyType({})) -> list[Path]:
    """Write the commented example configuration, as `write_documents` does. Raises as `refuse_overwriting`."""
    refuse_overwriting(folder)
    templates = files("veaf_sync.config") / "templates"
    try:
        return write_documents(
            folder, {name: (templates / name).read_text(encoding="utf-8") for name in DOCUMENTS}, connectors
        )
    except OSError as error:
        raise UserError(f"{error.filename or folder} cannot be written: {error.strerror}.") from None


def refuse_overwriting(folder: Path) -> None:
    """Raises `UserError` where one of the documents is there already."""
    there = [folder / name for name in DOCUMENTS if (folder / name).exists()]
    if there:
        names = " and ".join(str(path) for path in there)
        verb = "is" if len(there) == 1 else "are"
        raise UserError(
            f"{names} {verb} there already. Nothing was written.", fix="Choose another folder: veaf-sync init DIR"
        )


def write_documents(folder: Path, texts: Mapping[str, str], connectors: Connectors) -> list[Path]:
    """Write documents, and the JSON Schemas their first lines refer to (of `connectors`), which are nobody's work.

    Returns the paths written, documents first. Raises `OSError`.
    """
    (folder / SCHEMAS).mkdir(parents=True, exist_ok=True)
    schemas = {
        f"{SCHEMAS}/{document}.json": json.dumps(json_schema(document, connectors), indent=1, sort_keys=True) + "\n"
        for document in ROOTS
    }
    return [_write(folder / name, text) for name, text in {**texts, **schemas}.items()]


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
