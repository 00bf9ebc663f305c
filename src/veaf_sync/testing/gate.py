"""The contract gate: every request to an emulator, and every answer it gives, against the vendor's OpenAPI document.

A connector that sends what the document does not know fails, and so does an emulator that drifts from it. What cannot
be checked is counted and must stand in a file of exceptions, so that they cannot grow unseen. Needs `openapi-core`.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from veaf_sync.emulator import Emulator, Exchange

Json = dict[str, Any]


@dataclass(frozen=True)
class Document:
    """One description: `server` is its base URL, `prefix` what its paths leave out of the emulator's."""

    name: str
    api: OpenAPI
    paths: Json
    server: str
    prefix: str

    def operation(self, method: str, template: str) -> Json | None:
        """The operation behind a route of the emulator."""
        found: Json | None = self.paths.get(template.removeprefix(self.prefix), {}).get(method.lower())
        return found


class Ledger:
    """What a whole test session checked and excepted.

    `load` brings the document of an emulator's profile, `None` where the documents are absent; `exceptions` is the file
    of what is known not to be checkable, a line each.
    """

    def __init__(self, load: Callable[[str], Document] | None, exceptions: Path) -> None:
        self._load = load
        lines = exceptions.read_text(encoding="utf-8").splitlines()
        self.exceptions = frozenset(line for line in lines if line and not line.startswith("#"))
        self.requests = 0
        self.answers = 0
        self.excepted: Counter[str] = Counter()
        self._documents: dict[str, Document] = {}

    @property
    def present(self) -> bool:
        return self._load is not None

    def document(self, profile: str) -> Document:
        if profile not in self._documents:
            assert self._load is not None, "the vendor's documents are absent"
            self._documents[profile] = self._load(profile)
        return self._documents[profile]

    def check(self, profile: str, exchange: Exchange, *, wrong_request: bool = False) -> list[str]:
        """What is wrong with an exchange, one sentence each; counts what is checked and what is excepted.

        `wrong_request`: the request is meant to be wrong, so only the answer is checked.
        """
        document, record = self.document(profile), exchange.record
        if not record.template:
            return [] if wrong_request else [f"{record.method} {record.path} is not in the document of {profile}"]
        where = f"{profile} {record.method} {record.template}"
        operation = document.operation(record.method, record.template)
        if operation is None:
            return self._excepted(f"{where} is not described")
        problems: list[str] = []
        request = _request(document, exchange)
        if not wrong_request:
            self.requests += 1
            problems += _violations(f"{where}: the request", lambda: document.api.validate_request(request))
        if record.replaced:
            return problems + self._excepted(f"fault {record.fault}")
        described = operation["responses"].get(str(record.status))
        if described is None:
            return problems + self._excepted(f"{where} {record.status} is not described")
        if exchange.response.body and not any(kind.get("schema") for kind in described.get("content", {}).values()):
            return problems + self._excepted(f"{where} {record.status} has no schema")
        self.answers += 1
        media = exchange.response.content_type.partition(";")[0]
        response = MockResponse(exchange.response.body, status_code=record.status, content_type=media)
        return problems + _violations(
            f"{where}: the answer {record.status}", lambda: document.api.validate_response(request, response)
        )

    def _excepted(self, what: str) -> list[str]:
        self.excepted[what] += 1
        return [] if what in self.exceptions else [f"cannot be checked, and is not in excepted.txt: {what}"]


class Gate:
    """The gate of one test. `watch` attaches it to an emulator; `problems` checks what has passed since."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._passed: list[tuple[str, Exchange, bool]] = []
        self._wrong = False

    def watch(self, emulator: Emulator) -> None:
        """Keep every exchange of this emulator for checking."""
        profile = emulator.profile
        emulator.observers.append(lambda exchange: self._passed.append((profile, exchange, self._wrong)))

    @contextlib.contextmanager
    def wrong_requests(self) -> Iterator[None]:
        """Requests in this block are wrong on purpose: only their answers are checked."""
        self._wrong = True
        try:
            yield
        finally:
            self._wrong = False

    def problems(self) -> list[str]:
        """Everything that is wrong with what has passed, each sentence once."""
        passed, self._passed = self._passed, []
        if not self.ledger.present:
            return []
        found = [problem for profile, exchange, wrong in passed for problem in self._check(profile, exchange, wrong)]
        return list(dict.fromkeys(found))

    def _check(self, profile: str, exchange: Exchange, wrong: bool) -> list[str]:
        return self.ledger.check(profile, exchange, wrong_request=wrong)


def _request(document: Document, exchange: Exchange) -> MockRequest:
    sent = exchange.request
    return MockRequest(
        document.server.removesuffix(document.prefix),
        sent.method.lower(),
        sent.path,
        args={name: list(values) for name, values in sent.query.items()},
        headers=dict(sent.headers),
        data=sent.body or None,
        content_type=sent.headers.get("content-type", "").partition(";")[0],
    )


def _violations(what: str, validate: Callable[[], None]) -> list[str]:
    try:
        validate()
    except OpenAPIError as error:
        reasons = [reason.message for reason in getattr(error.__cause__, "schema_errors", ())]
        detail = "; ".join(reasons[:3]) or " ".join(filter(None, [str(error), str(error.__cause__ or "")]))
        return [f"{what} is not what the document says: {detail}"]
    return []
