"""How the emulated Asana refuses."""

from __future__ import annotations

from veaf_sync.emulator import Response


class Refused(Exception):
    """Ends a request with an error of the vendor's form."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def response(self) -> Response:
        return Response.of(
            {"errors": [{"message": self.message, "help": "For more information, read the docs."}]}, self.status
        )


def unknown(what: str, gid: str) -> Refused:
    return Refused(404, f"{what}: Unknown object: {gid}")
