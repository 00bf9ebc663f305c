"""Plugins that are single files of a folder, which `plugins_dir` of the configuration names.

Such a file is code that runs with every right of whoever runs veaf-sync. So neither it nor its folder may be
writable by others: what somebody else can write, somebody else runs. Windows has no such modes and is not asked.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from traceback import extract_tb
from types import ModuleType

from veaf_sync.credentials import redact

MODULES = "veaf_sync_plugins_dir_"
"""Begins the names of the modules made of files, so that none stands in the way of one that is installed."""
_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class Unusable(Exception):
    """Why a plugin is not used, as a sentence."""


def files_of(folder: Path) -> Sequence[Path]:
    """The plugins in `folder`, by name; hidden files and those that begin with _ are none.

    A folder that cannot be listed stands for itself, so that `load_file` says what is wrong with it.
    """
    if amiss(folder):
        return (folder,)
    return sorted(path for path in folder.glob("*.py") if not path.name.startswith((".", "_")))


def amiss(folder: Path) -> tuple[str, str] | None:
    """Why no file of the folder is loaded, and what helps; `None` where nothing keeps them from it."""
    if not folder.is_dir():
        return f"{folder} is no folder.", f"mkdir -p {folder}"
    try:
        os.listdir(folder)
    except OSError as error:
        return f"{folder} cannot be read: {error.strerror}.", f"chmod u+rx {folder}"
    return _writable(folder, folder.stat())


def load_file(path: Path) -> ModuleType:
    """The module that the file's code makes. Raises `Unusable`, `OSError`, and whatever the code raises."""
    folder = path.parent if path.suffix == ".py" else path
    if said := amiss(folder):
        raise Unusable(" ".join(said))
    with path.open("rb") as file:
        if said := _writable(path, os.fstat(file.fileno())):
            raise Unusable(" ".join(said))
        code = file.read()
    module = ModuleType(MODULES + path.stem)
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # pydantic looks names of annotations up there
    try:
        # Compiled from what was just read: a cache beside it could be anybody's
        exec(compile(code, str(path), "exec"), module.__dict__)  # noqa: S102
    except BaseException as error:
        del sys.modules[module.__name__]
        line = next((at.lineno for at in reversed(extract_tb(error.__traceback__)) if at.filename == str(path)), None)
        if line is None or not isinstance(error, Exception):
            raise
        detail = redact(" ".join(str(error).split()))[:200]
        raise Unusable(f"{type(error).__name__}: {detail} (line {line})") from None
    return module


def _writable(path: Path, seen: os.stat_result) -> tuple[str, str] | None:
    if os.name != "posix" or not seen.st_mode & _OTHERS:
        return None
    return (
        f"{path} can be written by others (mode {stat.S_IMODE(seen.st_mode):04o}), and what is there would run as you. "
        "It was not loaded.",
        f"chmod go-w {path}",
    )
