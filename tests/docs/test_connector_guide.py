"""docs/connectors.md and `plugins new` say the same, and what they say works: built, held to the contract, synced."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from veaf_sync import plugins

GUIDE = (Path(__file__).parents[2] / "docs" / "connectors.md").read_text("utf-8")
STRATEGY = "vision: {title: V}\nobjectives: [{id: fast}]\n"
MAPPING = "rules: [{name: epics, when: {level: epic}, objective: fast}]\n"
SOURCE = """\
sources:
  main:
    connector: NAME
    site: URL
    token: env:TOKEN_OF_THE_TRACKER
    levels: {epic: Epic}
    tag: {label: "okr:{objective}"}
"""
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def same(page: str, written: str) -> bool:
    """Whether the lines are the same; blank ones part the blocks of the page differently."""
    return [line for line in page.splitlines() if line] == [line for line in written.splitlines() if line]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guide's distribution, written from the page's own text."""
    folder = tmp_path_factory.mktemp("guide")
    *connector, contract, tracker = blocks("python")
    for path, text in {
        "pyproject.toml": blocks("toml")[0],
        "src/veaf_sync_toy/__init__.py": "\n".join(connector),
        "tests/test_contract.py": contract,
        "tests/tracker.py": tracker,
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run("veaf_sync", "plugins", …, path=…)` runs a module of Python in `tmp_path`, as a person in a shell would."""

    def run(*words: str, path: tuple[Path, ...] = ()) -> subprocess.CompletedProcess[str]:
        places = [*map(str, path), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places), "TOKEN_OF_THE_TRACKER": "toy-token"}
        environment.pop("VEAF_SYNC_DIR", None)
        return subprocess.run(
            [sys.executable, "-m", *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture
def tracker(built: Path) -> Iterator[Any]:
    """The toy tracker of the page, serving."""
    told: dict[str, Any] = {"__name__": "tracker"}
    exec(compile((built / "tests/tracker.py").read_text("utf-8"), "tracker.py", "exec"), told)
    with told["Tracker"]() as serving:
        threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True).start()
        yield serving
        serving.shutdown()


def configure(folder: Path, name: str, url: str, more: str = "") -> None:
    source = SOURCE.replace("NAME", name).replace("URL", url)
    (folder / "veaf-sync.yaml").write_text(f"version: 1\n{more}{source}", "utf-8")
    (folder / "strategy.yaml").write_text(STRATEGY, "utf-8")
    (folder / "mapping.yaml").write_text(MAPPING, "utf-8")


def test_the_pages_connector_is_small_and_passes_the_contract(built: Path, run: Run) -> None:
    assert len((built / "src/veaf_sync_toy/__init__.py").read_text("utf-8").splitlines()) < 300
    assert len((built / "tests/tracker.py").read_text("utf-8").splitlines()) < 100
    done = run("pytest", "-q", "-p", "no:cacheprovider", str(built))
    assert done.returncode == 0, done.stdout
    assert re.search(r"\b1[5-9] passed", done.stdout), done.stdout


def test_the_page_shows_what_plugins_new_writes(built: Path, tmp_path: Path) -> None:
    for path in plugins.start_distribution("toy", tmp_path):
        assert same((built / path.relative_to(tmp_path)).read_text("utf-8"), path.read_text("utf-8")), path
    assert same(
        (built / "src/veaf_sync_toy/__init__.py").read_text("utf-8"), plugins.start_file("toy", tmp_path).read_text()
    )


def test_a_distribution_goes_from_nothing_to_a_write(run: Run, tmp_path: Path, tracker: Any) -> None:
    assert run("veaf_sync", "plugins", "new", "plank_ly").returncode == 0
    made = tmp_path / "veaf-sync-plank-ly"
    assert run("pytest", "-q", "-p", "no:cacheprovider", str(made)).returncode == 0
    target = tmp_path / "installed"
    installed = run(
        *(
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--no-index",
            "--disable-pip-version-check",
        ),
        *("--target", str(target), str(made)),
    )
    assert installed.returncode == 0, installed.stderr
    listed = run("veaf_sync", "plugins", path=(target,))
    assert re.search(r"^plank_ly +0\.1 +write +label +1 +veaf-sync-plank-ly *$", listed.stdout, re.MULTILINE)

    configure(tmp_path, "plank_ly", tracker.url)
    synced = run("veaf_sync", "sync", "--write", path=(target,))
    assert synced.returncode == 0, synced.stderr + synced.stdout
    assert "okr:fast" in tracker.issues[1]["labels"]
    assert "red" in tracker.issues[1]["labels"], "what people put there stays"

    tracker.visible.discard("SHOP")
    degraded = run("veaf_sync", "sync", path=(target,))
    assert degraded.returncode == 3, "a team that may not be seen any more is no deletion"


def test_a_single_file_is_loaded_from_the_folder_that_the_configuration_names(
    run: Run, tmp_path: Path, tracker: Any
) -> None:
    configure(tmp_path, "plank", tracker.url)
    said = run("veaf_sync", "plugins", "new", "plank", "--file").stdout
    assert "  plugins_dir: plugins\n" in said
    assert run("veaf_sync", "sync").returncode == 2, "no folder is loaded that the configuration does not name"
    configure(tmp_path, "plank", tracker.url, "plugins_dir: plugins\n")
    synced = run("veaf_sync", "sync")
    assert synced.returncode == 0, synced.stderr
    count = json.loads(run("veaf_sync", "coverage", "-o", "json").stdout)["weights"]["count"]
    assert (count["total"], count["aligned"]) == (219, 219), "330 issues: 110 are done, and the epic is a container"


def test_nothing_that_exists_is_overwritten(run: Run, tmp_path: Path) -> None:
    theirs = tmp_path / "veaf-sync-plank" / "tests" / "tracker.py"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")
    refused = run("veaf_sync", "plugins", "new", "plank")
    assert refused.returncode == 2
    assert "tracker.py is there already. Nothing was written." in refused.stderr
    assert [path.name for path in (tmp_path / "veaf-sync-plank").rglob("*.*")] == ["tracker.py"]
    assert theirs.read_text() == "theirs"
    for name in ("Jira!", "class", "jira"):
        assert run("veaf_sync", "plugins", "new", name).returncode == 2
