"""A new plugin to start from: the one that docs/connectors.md builds, under a name of one's own."""

from __future__ import annotations

import keyword
import os
import re
from collections.abc import Collection, Mapping
from importlib.resources import files
from pathlib import Path

from veaf_sync.errors import UserError

TRACKER = "tests/tracker.py"
"""The toy tracker that a new connector reads until it reads yours: it keeps its name."""
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def start_distribution(name: str, folder: Path, *, taken: Collection[str] = ()) -> list[Path]:
    """Write a distribution of a connector `name` into `folder`: metadata, package, and tests that run the contract.

    Returns the paths written. Raises `UserError`, and writes nothing, where a file is there already, or where the
    name is none or one of `taken` (the connectors in use).
    """
    return _write(
        folder,
        _named(
            name,
            taken,
            {
                "pyproject.toml": "pyproject",
                "src/veaf_sync_toy/__init__.py": "connector",
                TRACKER: "tracker",
                "tests/test_contract.py": "test_contract",
            },
        ),
    )


def start_file(name: str, folder: Path, *, taken: Collection[str] = ()) -> Path:
    """Write the same connector as one file into `folder`, for `plugins_dir`. Raises like `start_distribution`."""
    (path,) = _write(folder, _named(name, taken, {"toy.py": "connector"}))
    return path


def _named(name: str, taken: Collection[str], templates: Mapping[str, str]) -> dict[str, str]:
    """The texts by path, under the new name."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise UserError(
            f"{name} cannot be a connector's name: small letters, digits and _, a letter first. Nothing was written.",
            fix="veaf-sync plugins new my_tool",
        )
    if name in taken:
        raise UserError(
            f"There is a connector {name} already, and of two of one name only one is used. Nothing was written.",
            fix="veaf-sync plugins shows where it comes from; choose another name.",
        )
    sources = files("veaf_sync.plugins") / "templates"
    texts = {path: (sources / f"{template}.txt").read_text(encoding="utf-8") for path, template in templates.items()}
    return {_renamed(path, name): text if path == TRACKER else _renamed(text, name) for path, text in texts.items()}


def _renamed(text: str, name: str) -> str:
    """A template speaks of veaf-sync-toy, toy, Toy and TOY_TOKEN."""
    title = "".join(part.title() for part in name.split("_"))
    text = text.replace("veaf-sync-toy", f"veaf-sync-{name.replace('_', '-')}")
    return text.replace("toy", name).replace("Toy", title).replace("TOY", name.upper())


def _write(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    paths = {folder / path: text for path, text in texts.items()}
    there = [str(path) for path in paths if path.exists() or path.is_symlink()]
    if there:
        names, verb = " and ".join(there), "is" if len(there) == 1 else "are"
        raise UserError(f"{names} {verb} there already. Nothing was written.", fix="Choose another name or folder.")
    try:
        for path, text in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
            with open(path, "x", encoding="utf-8", newline="\n", opener=_not_for_others) as file:
                file.write(text)
    except OSError as error:
        raise UserError(f"{error.filename or folder} cannot be written: {error.strerror}.") from None
    return list(paths)


def _not_for_others(path: str, flags: int) -> int:
    """Not writable by others, whatever the umask: such a file of `plugins_dir` would not be loaded."""
    return os.open(path, flags, 0o644)
