"""The report as one HTML file that needs no network, no fonts and no script to be read."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from veaf_sync.read import PROVISIONAL, Objective, iso
from veaf_sync.report import draw, figures, sentences
from veaf_sync.report.drill import ROW_LIMIT, Tokens, joined, sections
from veaf_sync.report.pack import Pack
from veaf_sync.report.placing import readings, split
from veaf_sync.report.text import link
from veaf_sync.report.waterfall import moved_rows, waterfall
from veaf_sync.text import clean

TEMPLATES = Path(__file__).parent / "templates"


def render(pack: Pack, *, csv_beside: bool = True, limit: int = ROW_LIMIT) -> str:
    """The report as HTML.

    Takes the gathered answers, whether the CSV files are written beside it (else it names the command), and how
    many rows may stand behind one number.
    """
    tokens = Tokens()
    style, script = _inline("report.css"), _inline("report.js")
    parts = split(pack, tokens)
    shares = [share for row in pack.status.objectives for share in (row.planned_share, row.actual_share) if share]
    page = _environment().get_template("report.html.j2")
    return page.render(
        pack=pack,
        provisional=PROVISIONAL,
        tokens=tokens,
        zone=ZoneInfo(pack.status.timezone),
        style=Markup(style),  # noqa: S704  our own file
        script=Markup(script),  # noqa: S704  our own file
        style_hash=_csp_hash(style),
        script_hash=_csp_hash(script),
        narrow=figures.NARROW,
        meanings=sentences.MEANINGS,
        verdicts=draw.DRAWN,
        drift=pack.drift,
        fall=waterfall(pack, tokens),
        moved=moved_rows(pack, tokens, limit),
        all_moved=sentences.everything("drift-items", pack.status, csv_beside),
        segments=draw.stacked(pack.status.weights.count),
        line=draw.history(pack.history),
        bullet_top=_top(shares),
        split=parts,
        split_top=max((row.share for row in parts), default=0.0) or 1.0,
        epics=pack.epics.epics[:limit],
        readings=readings(pack, tokens),
        sections=sections(pack.rows, tokens, limit),
        all_items=sentences.everything("items", pack.status, csv_beside),
        all_epics=sentences.everything("epics", pack.status, csv_beside),
    )


def _objective_tokens(row: Objective, tokens: Tokens) -> str:
    return joined(tokens.of("objective", name) for name in (row.objective, *row.below))


def _place(share: float) -> str:
    return f"{min(max(share, 0.0), 1.0) * 100:.3f}"


def _local_day(instant: datetime, zone: ZoneInfo) -> str:
    return figures.short_day(instant.astimezone(zone).date())


FILTERS: Mapping[str, Callable[..., Any]] = {
    "percent": figures.percent,
    "bare_percent": figures.bare_percent,
    "points": figures.points,
    "signed": figures.signed,
    "number": figures.number,
    "plural": figures.plural,
    "day": figures.day,
    "moment": figures.moment,
    "short_moment": figures.short_moment,
    "local_day": _local_day,
    "exact": repr,
    "iso": iso,
    "place": _place,
    "link": link,
    "since": sentences.since,
    "shortened": sentences.shortened,
    "degradation": sentences.degradation,
    "on_track": sentences.on_track,
    "standing": sentences.standing,
    "value": sentences.value,
    "worst_child": sentences.worst_child,
    "objective_tokens": _objective_tokens,
}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_neutral,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    return environment


def _neutral(value: object) -> object:
    """Every text on its way into the page loses what steers instead of showing. Markup is our own."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _inline(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8").strip()


def _csp_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _top(shares: Iterable[float]) -> float:
    """The end of the bullet bars' scale: the next 10 % above everything that is drawn."""
    largest = max(shares, default=0.0)
    return next((tenth / 10 for tenth in range(1, 10) if largest <= tenth / 10), 1.0)
