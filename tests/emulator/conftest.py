"""A small emulator: a counter that can be read and raised."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from veaf_sync.emulator import Emulator, Request, Response


class Counter(Emulator):
    name = "counter"
    profiles = ("small", "large")

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.count = 0
        self.routes.add("GET", "/count", self.get)
        self.routes.add("POST", "/count", self.add)
        self.routes.add("GET", "/count/{name}/of/{other}", self.named)
        self.routes.add("GET", "/broken", self.broken)

    def get(self, request: Request) -> Response:
        return Response.of({"count": self.count, "padding": "x" * 1000})

    def add(self, request: Request) -> Response:
        self.count += request.json()["by"]
        return Response.of({"count": self.count}, 201)

    def named(self, request: Request, name: str, other: str) -> Response:
        return Response.of([name, other, request.query.get("q", [])])

    def broken(self, request: Request) -> Response:
        raise RuntimeError("a bug of the emulator")


@pytest.fixture
def counter() -> Iterator[Counter]:
    with Counter() as emulator:
        yield emulator


@pytest.fixture
def counter_class() -> type[Counter]:
    return Counter


@pytest.fixture
def web() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session
