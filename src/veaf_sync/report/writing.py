"""The pack: every chosen format of one snapshot, in one folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from veaf_sync.errors import UsageError
from veaf_sync.files import write_whole
from veaf_sync.read import Snapshot
from veaf_sync.report import html, markdown
from veaf_sync.report.documents import DOCUMENTS
from veaf_sync.report.pack import Pack, gather
from veaf_sync.report.sheets import SHEETS

FORMATS = ("html", "csv", "md", "json")


def write(snapshot: Snapshot, formats: Sequence[str], folder: Path) -> list[Path]:
    """Write the report of `snapshot` into `folder`, which is made where it is missing; the files' paths, as written.

    Names are fixed and nothing in the files tells when they were written: the same snapshot gives the same bytes.
    Raises `UsageError` for a format that is none of `FORMATS`, and where the folder cannot be written.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise UsageError(f"There is no report format {', '.join(unknown)}.", fix=f"Choose from: {', '.join(FORMATS)}.")
    return write_pack(gather(snapshot), formats, folder)


def write_pack(pack: Pack, formats: Sequence[str], folder: Path) -> list[Path]:
    """The same from answers that are there already."""
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in _files(pack, formats):
            written.append(write_whole(folder / name, text))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        names = ", ".join(path.name for path in written)
        told = f"Written before that: {names}." if written else "Nothing was written."
        message = f"The report cannot be written to {folder}: {reason}. {told} Every file there is whole."
        raise UsageError(message, fix="Make room or allow writing there, or choose another folder: --out DIR") from None
    return written


def _files(pack: Pack, formats: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names and contents, in the order of `FORMATS`."""
    if "html" in formats:
        yield "report.html", html.render(pack, csv_beside="csv" in formats)
    if "md" in formats:
        yield "report.md", markdown.render(pack)
    if "csv" in formats:
        for name, sheet in SHEETS.items():
            yield name, sheet(pack)
    if "json" in formats:
        for name, document in DOCUMENTS.items():
            yield name, document(pack)
