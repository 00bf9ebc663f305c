"""A disk that is full: a small file system of its own, with less and less room on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .scene import Scene
from .shell import Shell

SIZE = 4 << 20
MOUNTING = 'mount -t tmpfs -o size="$0" tmpfs "$1" && shift && exec "$@"'
ROOM = range(0, 1 << 20, 56 << 10)
"""Bytes that are left: from none to more than a run needs."""
LOOKING = """
import sqlite3, sys
store = sqlite3.connect(sys.argv[1])
if store.execute("SELECT 1 FROM sqlite_master WHERE name = 'leases'").fetchone():
    store.execute("UPDATE leases SET expires = 0")
    store.commit()
print(*store.execute("PRAGMA integrity_check").fetchone())
"""
"""SQLite asks where links lead, so from outside it would find another file, if any."""
NAMESPACE = ("unshare", "--map-root-user", "--mount")


@pytest.fixture
def shell(tmp_path):
    """Runs commands where `tmp_path / "disk"` is a small file system, which nobody else sees."""
    tried = shutil.which("unshare") and subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False)
    if not tried or tried.returncode:
        pytest.skip("needs user namespaces, in which anybody may mount a small file system")
    (tmp_path / "disk").mkdir()
    around = [*NAMESPACE, "sh", "-c", MOUNTING, str(SIZE), str(tmp_path / "disk")]
    shell = Shell(tmp_path / "said.txt", "fork", around)
    yield shell
    shell.close()


@pytest.fixture
def scene(shell, tmp_path):
    shell.wait()
    made = Scene(Path(f"/proc/{shell.process}/root{tmp_path}/disk"), ("jira-dc",))
    yield made
    made.close()


def fill(folder: Path, left: int) -> None:
    """Leave `left` bytes."""
    room = os.statvfs(folder)
    (folder / "filler").write_bytes(bytes(room.f_bavail * room.f_frsize - left))


def look(shell: Shell, store: Path) -> str:
    """What SQLite finds in the store; lets the lease run out that a full disk does not let be given back."""
    inside = ["nsenter", "--target", str(shell.process), "--user", "--mount", "--preserve-credentials"]
    told = subprocess.run([*inside, sys.executable, "-c", LOOKING, str(store)], capture_output=True, text=True)
    return told.stdout.strip() or told.stderr


def begin(scene: Scene) -> None:
    for path in scene.folder.glob("veaf-sync.db*"):
        path.unlink()
    scene.open(tagged=False)
    scene.configure()


def test_with_less_and_less_room(shell, scene):
    def run(*arguments):
        return shell.run(["-C", str(scene.folder), *arguments], scene.clock.now(), scene.environment)

    begin(scene)
    assert run("sync", "--write") == 0
    wanted = scene.held()
    codes = []
    for left in ROOM:
        begin(scene)
        fill(scene.folder, left)
        codes.append(run("sync", "--write"))
        said = shell.output.read_text()
        (scene.folder / "filler").unlink()
        if codes[-1] == 0:
            break
        assert codes[-1] == 2
        assert "the disk is full" in said
        assert "Free some space" in said
        assert look(shell, scene.store) == "ok"
        assert run("sync", "--write") == 0, shell.output.read_text()
        assert scene.held() == wanted
        assert run("audit", "verify") == 0, shell.output.read_text()
    assert codes[-1] == 0, "there was never room enough"
    assert len(codes) > 8


INDEX = 32 << 10
"""Bytes of the index that SQLite keeps beside a store while somebody reads it."""
OUTPUTS = (
    (("report",), "report/report.html"),
    (("plan", "--out", "plan.json"), "plan.json"),
    (("audit", "export", "--out", "audit.jsonl"), "audit.jsonl"),
)


def test_no_file_is_spoilt_for_want_of_room(shell, scene):
    def run(*arguments):
        return shell.run(["-C", str(scene.folder), *arguments], scene.clock.now(), scene.environment)

    begin(scene)
    assert run("sync") == 0
    for arguments, name in OUTPUTS:
        arguments = [str(scene.folder / part) if "." in part else part for part in arguments]
        assert run(*arguments) == 0, shell.output.read_text()
        there = sorted(path.name for path in scene.folder.rglob("*"))
        whole = (scene.folder / name).read_bytes()
        for left, reason in ((0, "the disk is full"), (INDEX, "No space left on device")):
            fill(scene.folder, left)
            assert run(*arguments) == 2
            said = shell.output.read_text()
            assert reason in said
            assert "Fix: " in said
            (scene.folder / "filler").unlink()
            assert (scene.folder / name).read_bytes() == whole
        assert sorted(path.name for path in scene.folder.rglob("*")) == there
