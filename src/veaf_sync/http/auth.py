"""Credentials on requests: resolved when a request is made, never shown."""

from __future__ import annotations

import base64

from requests import PreparedRequest
from requests.auth import AuthBase

from veaf_sync.credentials import Secret, remember


class Credential(AuthBase):
    """Basic `user:token` where there is a user, else a bearer token.

    `user` may itself be kept where secrets are; `hide_user` says that it may not be shown either.
    """

    def __init__(self, token: Secret, user: Secret | str | None = None, *, hide_user: bool = True) -> None:
        self._token = token
        self._user = user
        self._hide_user = hide_user

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Set the `Authorization` header. Raises `UserError` when the secret is not there."""
        token = self._token.reveal()
        if self._user:
            user = self._user.reveal(hide=self._hide_user) if isinstance(self._user, Secret) else self._user
            pair = base64.b64encode(f"{user}:{token}".encode()).decode()
            remember(pair)
            request.headers["Authorization"] = f"Basic {pair}"
        else:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    def __repr__(self) -> str:
        return f"Credential({self._token!r})"


class NoCredential(AuthBase):
    """Leaves a request as it is. Standing in for "none", it keeps `requests` from looking into ~/.netrc."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request

    def __repr__(self) -> str:
        return "NoCredential()"
