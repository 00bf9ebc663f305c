"""The plugin of docs/connectors.md is taken from that page and held to the contract, over HTTP."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from veaf_sync import config
from veaf_sync.clock import ManualClock
from veaf_sync.connector import Connector
from veaf_sync.credentials import Secret
from veaf_sync.emulator import Request, Response, Routes
from veaf_sync.emulator.server import LoopbackServer
from veaf_sync.emulator.wire import Wire
from veaf_sync.http import Session
from veaf_sync.plugins import Registry
from veaf_sync.store import open_store
from veaf_sync.sync import run_sync
from veaf_sync.testing import ConnectorContract

GUIDE = Path(__file__).parents[2] / "docs" / "connectors.md"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOKEN = "board-token-in-the-tests"


@pytest.fixture(scope="session")
def board() -> ModuleType:
    """The page's code as the one file that it says it is."""
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    code = "\n".join(block for block in blocks if not block.startswith("# test_"))
    assert len(code.splitlines()) < 300, "a minimal connector is one file under 300 lines"
    module = ModuleType("veaf_sync_board")
    sys.modules[module.__name__] = module
    exec(compile(code, str(GUIDE), "exec"), module.__dict__)
    return module


class BoardServer:
    """The tracker that the page describes, and the hands of the people who use it."""

    can = frozenset({"edit", "delete", "hide", "tags"})

    def __init__(self, board: ModuleType) -> None:
        self.clock = ManualClock(NOW)
        self.cards: dict[int, dict[str, Any]] = {}
        self.boards = {"PLANT", "SHOP", "YARD"}
        for number in range(1, 331):
            name = "SHOP" if number % 110 == 0 else "PLANT"
            self.cards[number] = self._card(number, name)
        self._board = board
        self._routes = Routes()
        self._routes.add("GET", "/api/me", lambda request: Response.of({"name": "reader", "time": NOW.isoformat()}))
        self._routes.add("GET", "/api/boards", self._roster)
        self._routes.add("GET", "/api/cards", self._list)
        self._routes.add("GET", "/api/cards/{id}", self._get)
        self._routes.add("PATCH", "/api/cards/{id}", self._patch)
        self._server = LoopbackServer(self._serve, 0)

    def settings(self) -> dict[str, Any]:
        return {
            "connector": "board",
            "site": self._server.url,
            "token": "env:BOARD_TOKEN",
            "tag": {"label": "okr:{objective}"},
            "levels": {"epic": ["Epic"]},
            "states": {"done": ["Shipped"]},
        }

    def connector(self) -> Connector[Any]:
        settings = self._board.BoardSettings.model_validate(self.settings())
        made: Connector[Any] = self._board.BoardConnector(
            settings, Session(clock=self.clock, hosts=settings.hosts()), self.clock
        )
        return made

    def expected(self) -> Mapping[str, str]:
        return {str(number): f"{card['board']}-{number}" for number, card in self.cards.items()}

    def edit(self, item_id: str) -> None:
        self.cards[int(item_id)]["title"] = "edited"

    def delete(self, item_id: str) -> None:
        del self.cards[int(item_id)]

    def hide(self, partition: str) -> None:
        self.boards.discard(partition)

    def tags(self, item_id: str) -> frozenset[str]:
        return frozenset(self.cards[int(item_id)]["labels"])

    def close(self) -> None:
        self._server.stop()

    def _card(self, number: int, board: str) -> dict[str, Any]:
        created = NOW - timedelta(days=number)
        kind, column, parent = ("Epic", "Doing", "") if number == 1 else ("Card", "Shipped", "PLANT-1")
        return {
            "id": str(number), "board": board, "title": f"Card {number}", "kind": kind, "column": column,
            "parent": parent, "labels": ["red"], "created": created.isoformat(), "updated": created.isoformat(),
        }  # fmt: skip

    def _serve(self, wire: Wire, request: Request) -> None:
        match = self._routes.match(request)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            wire.send(Response.of({}, 401))
        elif match is None:
            wire.send(Response.of({}, 404))
        else:
            wire.send(match.handler(request, *match.params.values()))

    def _card_or_status(self, number: str) -> tuple[dict[str, Any], int]:
        card = self.cards.get(int(number), {})
        return card, 404 if not card else 200 if card["board"] in self.boards else 403

    def _roster(self, request: Request) -> Response:
        sizes = {name: sum(card["board"] == name for card in self.cards.values()) for name in self.boards}
        return Response.of([{"name": name, "cards": size} for name, size in sizes.items()])

    def _list(self, request: Request) -> Response:
        name, after = request.text("board"), int(request.text("after"))
        if name not in self.boards:
            return Response.of({}, 404)
        cards = [card for number, card in sorted(self.cards.items()) if card["board"] == name and number > after]
        return Response.of(cards[: int(request.text("limit"))])

    def _get(self, request: Request, number: str) -> Response:
        card, status = self._card_or_status(number)
        return Response.of(card if status == 200 else {}, status)

    def _patch(self, request: Request, number: str) -> Response:
        card, status = self._card_or_status(number)
        if status != 200:
            return Response.of({}, status)
        change = request.json()
        card["labels"] = sorted({*card["labels"], *change["add"]} - {*change["remove"]})
        return Response.of(card)


@pytest.fixture
def server(board: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[BoardServer]:
    monkeypatch.setenv("BOARD_TOKEN", TOKEN)
    assert Secret.parse("env:BOARD_TOKEN").reveal() == TOKEN
    serving = BoardServer(board)
    yield serving
    serving.close()


class TestTheGuidesConnector(ConnectorContract):
    @pytest.fixture
    def subject(self, server: BoardServer) -> BoardServer:
        return server


def test_the_guides_connector_goes_through_a_whole_pass(board: ModuleType, server: BoardServer, tmp_path: Path) -> None:
    connectors = {kind.name: kind for kind in board.veaf_connectors()}
    registry = Registry(connectors=connectors, emulators={}, failures=(), described=())
    texts = {
        "veaf-sync.yaml": f"version: 1\nscope: {{open: true}}\nsources: {{plant: {server.settings()}}}\n",
        "strategy.yaml": "vision: {title: V}\nobjectives: [{id: fast}]\n",
        "mapping.yaml": "rules: [{name: epics, when: {level: epic}, objective: fast}]\n",
    }
    with open_store(f"sqlite:///{tmp_path}/store.db") as store:
        clock = server.clock
        server.cards[2]["column"] = "Doing"
        loaded = config.load_texts(texts, connectors, at=clock.now(), folder=tmp_path)
        first = run_sync(loaded, registry, store, clock)
        assert (first.degraded, first.sources[0].items) == (False, 330)
        del server.cards[2]
        server.hide("SHOP")
        second = run_sync(loaded, registry, store, clock)
    assert second.degraded, "a board that may not be seen any more is said"
    assert second.sources[0].items == 329, "its cards stay as they were; a card deleted on a visible board is gone"
