"""Secrets that can be told apart from everything else, an organisation in three tools that knows them, and a shell."""

from __future__ import annotations

import base64
import html
import json
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from ruamel.yaml import YAML

from veaf_sync import plugins
from veaf_sync.cli import main
from veaf_sync.clock import Clock, SystemClock
from veaf_sync.demo import folder as folders
from veaf_sync.demo import scenario
from veaf_sync.demo.hurry import HurriedClock
from veaf_sync.emulator import Emulator

PART = 24
"""Items of each project: enough for every verdict and every kind of tag change."""


class Canary(str):
    """A secret that nothing else looks like: its core is random, around it stands what texts escape."""

    core: str

    def __new__(cls, name: str) -> Canary:
        core = f"{name}{secrets.token_hex(8)}"
        made = super().__new__(cls, f"t/+={core}&%?#\"'<\\")
        made.core = core
        return made

    @property
    def needles(self) -> list[bytes]:
        """Byte strings at least one of which stands in any text that holds the secret, plain, quoted or in base64."""
        found = [self.core.encode()]
        for shift in range(3):  # base64 of the core depends on how many bytes stand before it
            coded = base64.b64encode(b"x" * shift + self.core.encode())
            found.append(coded[(0, 2, 3)[shift] : -4])
        return found

    def echoes(self, user: str = "") -> list[str]:
        """The forms in which a server may give it back."""
        pair = base64.b64encode(f"{user}:{self}".encode()).decode()
        alone = base64.b64encode(self.encode()).decode()
        url_safe = base64.urlsafe_b64encode(self.encode()).decode()
        return [
            str(self),
            f"Bearer {self}",
            f"Basic {pair}",
            alone,
            alone.rstrip("="),
            url_safe,
            pair.rstrip("="),
            quote(self, safe=""),
            quote(self),
            quote_plus(self),
            quote(self, safe="").lower(),
            html.escape(self),
            html.escape(self, quote=False),
            json.dumps(self),
            repr(str(self)),
        ]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended and every byte that came out of it."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass
class Shell:
    """Runs commands and remembers all that they said."""

    capfd: pytest.CaptureFixture[str]
    said: list[str] = field(default_factory=list)

    def __call__(self, *arguments: object, codes: tuple[int, ...] = (0,), clock: Clock | None = None) -> Ended:
        self.capfd.readouterr()
        code = main([str(argument) for argument in arguments], clock=clock or HurriedClock(SystemClock()))
        told = self.capfd.readouterr()
        ended = Ended(code, told.out, told.err)
        self.said += [told.out, told.err]
        assert code in codes, (arguments, ended)
        return ended


@pytest.fixture
def veaf(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    """`veaf("status", codes=(0,))` runs a command and holds it to its exit code; `veaf.said` is all that came out."""
    monkeypatch.delenv("VEAF_SYNC_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    return Shell(capfd)


class Elsewhere:
    """A server that no configuration names. `connections` counts who came, whatever they said or did not say."""

    def __init__(self) -> None:
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        answer = (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
        )
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, suppress(OSError):
                connection.sendall(answer)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    server = Elsewhere()
    yield server
    server.close()


HELPER = """\
import os, pathlib, sys
here = pathlib.Path(sys.argv[1])
with here.with_name("command-lines").open("ab") as file:
    for process in (os.getpid(), os.getppid()):
        path = pathlib.Path("/proc", str(process), "cmdline")
        file.write(path.read_bytes() if path.exists() else b"")
print(here.read_text())
"""
"""Hands a secret out, and notes with which arguments it and whoever started it run: any process may look at those."""


@dataclass
class Firm:
    """An organisation whose work stands in three tools, and a configuration that reads and writes them."""

    folder: Path
    tools: Mapping[str, Emulator]
    secrets: list[Canary]
    kept: Path
    """Where `file:` and `cmd:` find their secrets: the one place on disk where they may be."""

    def files(self, *roots: Path) -> Iterator[Path]:
        for root in roots or (self.folder,):
            yield from (path for path in root.rglob("*") if path.is_file() and self.kept not in path.parents)

    def settings(self, change: Callable[[Any], None]) -> None:
        """Edit veaf-sync.yaml."""
        path = self.folder / "veaf-sync.yaml"
        yaml = YAML()
        document = yaml.load(path.read_text("utf-8"))
        change(document)
        with path.open("w", encoding="utf-8") as file:
            yaml.dump(document, file)


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    """Jira's, GitHub's and Asana's emulator, each with two secrets of its own, kept in every place that there is."""
    clock = SystemClock()
    registry = plugins.load()
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o700)
    (kept / "hand-out.py").write_text(HELPER, encoding="utf-8")
    projects = {"jira": "PAY", "github_projects": "OPS", "asana": "LAUNCH"}
    items = scenario(clock.now())
    known: list[Canary] = []
    tools: dict[str, Emulator] = {}
    entries: dict[str, dict[str, object]] = {}
    with ExitStack() as stack:
        for name, project in projects.items():
            reading, writing = Canary(f"{name[:4]}read"), Canary(f"{name[:4]}writ")
            known += [reading, writing]
            emulator = registry.emulators[name](clock=clock)
            emulator.separate_credentials()
            emulator.use_tokens(reading, writing)
            emulator.load([item for item in items if item.partitions[0].partition == project][:PART])
            stack.enter_context(emulator)
            tools[name] = emulator
            entries[f"{name}-main"] = {"tag": {"label": "okr:{objective}"}, **emulator.source()}
            for variable, value in emulator.environment.items():
                monkeypatch.setenv(variable, value)
        tools["jira"].knobs.bulk_polls = 0  # type: ignore[attr-defined]
        for name, secret in (("token-of-github", known[2]), ("token-of-jira", known[0])):
            (kept / name).write_text(secret + "\n", encoding="utf-8")
            (kept / name).chmod(0o600)
        entries["github_projects-main"]["token"] = f"file:{kept / 'token-of-github'}"
        command = [sys.executable, str(kept / "hand-out.py"), str(kept / "token-of-jira")]
        entries["jira-main"]["token"] = {"cmd": command}
        folder = tmp_path / "config"
        folders.configure(folder, entries, registry.connectors, clock.now())
        made = Firm(folder, tools, known, kept)
        made.settings(lambda document: document["sources"]["jira-main"].pop("projects", None))
        yield made
