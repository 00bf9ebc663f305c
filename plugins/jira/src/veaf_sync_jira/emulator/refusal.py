"""Answers by which Jira refuses, in Jira's own words."""

from __future__ import annotations

from collections.abc import Mapping

from veaf_sync.emulator import Response


class Refused(Exception):
    """Jira refuses the request: an error collection with this status."""

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(messages[0] if messages else str(errors))
        self.status = status
        self.messages = messages
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})

    def response(self) -> Response:
        return Response.of({"errorMessages": list(self.messages), "errors": self.errors}, self.status, self.headers)


class BulkRefused(Refused):
    """The same for the bulk operations of Cloud, which have a form of their own."""

    def response(self) -> Response:
        return Response.of({"errors": [{"message": text} for text in self.messages]}, self.status, self.headers)


def missing_issue() -> Refused:
    """Deleted, never there, or not visible: Jira does not say which."""
    return Refused(404, "Issue does not exist or you do not have permission to see it.")
