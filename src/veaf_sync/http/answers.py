"""What an answer means: data, or one of the errors that say what the caller does next."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Never

import orjson
from requests import Response

from veaf_sync.credentials import redact
from veaf_sync.errors import AuthError, Forbidden, Incomplete, Rejected
from veaf_sync.http.wording import tidy, tool_text

_LOGIN_FAILED = ("AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "AUTHORISATION_FAILED")
_CREDENTIALS = "Check the source's user and token, then: veaf-sync check --online"


class Unreadable(Incomplete):
    """A 200 whose body is not the JSON that was asked for."""

    code = "unreadable"


class Unavailable(Incomplete):
    """The tool could not answer now. `status` is the HTTP status."""

    code = "unavailable"

    def __init__(self, message: str, *, fix: str = "", status: int) -> None:
        super().__init__(message, fix=fix)
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was taken: `data` is the parsed JSON, `None` for an empty body."""

    status: int
    headers: Mapping[str, str]
    data: Any
    url: str
    response: Response


def judge(response: Response, what: str, taken: Collection[int] = ()) -> Answer:
    """`response` as an `Answer`, also where its status is among `taken`.

    Raises `AuthError`, `Forbidden`, `Rejected`, `Unreadable` or `Incomplete`.
    """
    status = response.status_code
    _require_login(response, what)
    if 200 <= status < 300 or status in taken:
        return Answer(status, response.headers, _parse(response, what), response.url, response)
    said = tool_text(response).rstrip(".")
    tail = f": {said}" if said else ""
    if status == 401:
        raise AuthError(f"{what}: the credentials were refused (401){tail}.", fix=_CREDENTIALS)
    if status == 403:
        raise Forbidden(f"{what}: not permitted (403){tail}.", fix="Give this user the permission, or leave it out.")
    if 300 <= status < 400:
        _redirected(response, what)
    if 400 <= status < 500 and status not in (407, 408, 425, 429):
        raise Rejected(f"{what}: refused ({status}){tail}.", status=status)
    raise Unavailable(f"{what}: answered {status}{tail}.", fix="Run the same command again.", status=status)


def _require_login(response: Response, what: str) -> None:
    """A failed login can come with any status, 200 included: the answer is then an anonymous one."""
    reason = redact(response.headers.get("X-Seraph-LoginReason", "")).upper()
    denied = response.headers.get("X-Authentication-Denied-Reason", "")
    if denied or any(word in reason for word in _LOGIN_FAILED):
        captcha = "CAPTCHA" in denied.upper()
        raise AuthError(
            f"{what}: the login was refused ({tidy(redact(denied).partition(';')[0] or reason, 80)}).",
            fix="Log in once in the browser and solve the CAPTCHA, then check the token." if captcha else _CREDENTIALS,
        )


def _redirected(response: Response, what: str) -> Never:
    target = tidy(redact(response.headers.get("Location", "nowhere")).partition("?")[0], 120)
    raise Incomplete(
        f"{what}: redirected to {target}, which was not followed. No credentials were sent there.",
        fix="If that is the tool's right address, set it as the site; a log-in page means refused credentials.",
    )


def _parse(response: Response, what: str) -> Any:
    body = response.content
    if not body.strip():
        if response.status_code == 200 and response.request.method == "GET":
            raise Unreadable(f"{what}: the answer is empty.")
        return None
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        page = "an HTML page, probably a log-in page," if "html" in kind else f"{tidy(kind, 60) or 'untyped content'}"
        raise Unreadable(f"{what}: answered with {page} instead of JSON.", fix=_CREDENTIALS if "html" in kind else "")
    try:
        return _decode(body)
    except (ValueError, RecursionError):
        raise Unreadable(f"{what}: the answer is broken JSON ({len(body)} bytes).") from None


def _decode(body: bytes) -> Any:
    """orjson first; what it is too strict for (half a surrogate pair, a byte order mark, depth), by the slower one."""
    try:
        return orjson.loads(body)
    except ValueError:
        return json.loads(body, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")
