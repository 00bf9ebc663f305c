"""Plugins that are single files of a folder: one by one, and never what others could have written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from veaf_sync import plugins

GOOD = """
from veaf_sync.connector import Connector, Feature
from veaf_sync.hookspecs import hookimpl

class Plank(Connector):
    name = "{name}"

@hookimpl
def veaf_connectors():
    return [Plank]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "plugins"
    made.mkdir(mode=0o755)
    return made


def put(folder: Path, name: str, code: str = "", mode: int = 0o644) -> Path:
    path = folder / name
    path.write_text(code or GOOD.format(name=path.stem), "utf-8")
    path.chmod(mode)
    return path


def loaded(folder: Path) -> plugins.Registry:
    return plugins.load_entry_points([], folder)


def test_a_broken_file_is_named_and_the_rest_works(folder):
    broken = put(folder, "broken.py", "x = 1\nraise RuntimeError('at import')")
    wrong = put(folder, "wrong.py", "def wrong(:")
    plank = put(folder, "plank.py")
    put(folder, "_part.py", "raise RuntimeError")
    put(folder, ".hidden.py", "raise RuntimeError")
    put(folder, "notes.txt", "no code")

    registry = loaded(folder)

    assert [(info.name, info.origin, info.distribution) for info in registry.described] == [("plank", str(plank), "")]
    assert [(failure.name, failure.file) for failure in registry.failures] == [
        ("broken", str(broken)),
        ("wrong", str(wrong)),
    ]
    assert registry.failures[0].reason == "RuntimeError: at import (line 2)"
    assert registry.failures[1].reason.startswith("SyntaxError: ")
    assert "line 1" in registry.failures[1].reason


def test_no_cache_is_written_or_read(folder):
    put(folder, "plank.py")
    loaded(folder)
    assert [path.name for path in folder.iterdir()] == ["plank.py"]


def test_an_installed_connector_goes_before_a_file_of_its_name(install, folder):
    path = put(folder, "hub.py")
    registry = plugins.load_entry_points([install("veaf-sync-hub", name="hub")], folder)
    assert registry.described[0].distribution == "veaf-sync-hub"
    assert registry.failures[0].reason == f"veaf-sync-hub already brings a connector hub. Rename or remove {path}"


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has these modes")
@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_file_that_others_may_write_does_not_run(folder, mode):
    put(folder, "good.py")
    path = put(folder, "plank.py", "import sys\nsys.exit('it ran')", mode)

    registry = loaded(folder)

    assert list(registry.connectors) == ["good"]
    (failure,) = registry.failures
    assert failure.reason == (
        f"{path} can be written by others (mode 0{mode:o}), and what is there would run as you. "
        f"It was not loaded. chmod go-w {path}"
    )


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has these modes")
@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
def test_in_a_folder_that_others_may_write_nothing_runs(folder, mode):
    put(folder, "plank.py")
    folder.chmod(mode)

    registry = loaded(folder)

    assert not registry.connectors
    (failure,) = registry.failures
    assert (failure.name, failure.file) == ("plugins", str(folder))
    assert failure.reason.endswith(f"It was not loaded. chmod go-w {folder}")


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has these modes")
def test_what_plugins_new_writes_is_loaded_whatever_the_umask(tmp_path):
    before = os.umask(0o000)
    try:
        plugins.start_file("plank", tmp_path / "new")
    finally:
        os.umask(before)
    assert list(loaded(tmp_path / "new").connectors) == ["plank"]


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has these modes")
def test_a_link_counts_as_what_it_leads_to(folder, tmp_path):
    real = put(tmp_path, "elsewhere.py", "import sys\nsys.exit('it ran')", 0o666)
    (folder / "plank.py").symlink_to(real)
    assert "can be written by others" in loaded(folder).failures[0].reason


def test_a_folder_that_is_not_there_is_said(tmp_path):
    (failure,) = loaded(tmp_path / "nowhere").failures
    assert failure.reason == f"{tmp_path}/nowhere is no folder. mkdir -p {tmp_path}/nowhere"


def test_a_dangling_link_is_a_failure_of_its_own(folder):
    put(folder, "good.py")
    (folder / "plank.py").symlink_to(folder / "nowhere.py")
    registry = loaded(folder)
    assert list(registry.connectors) == ["good"]
    assert [failure.name for failure in registry.failures] == ["plank"]
