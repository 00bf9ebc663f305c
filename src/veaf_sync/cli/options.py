"""Options that several commands share, each a decorator."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from veaf_sync.store import Filters

Command = TypeVar("Command", bound=Callable[..., Any])

VERDICTS = ("aligned", "dangling", "ambiguous", "exempt", "orphan", "unreadable")
FILTERS = ("source", "partition", "team", "level", "objective", "verdict")
ON_SCREEN = 100
"""Items that a list shows as text where nobody asks for more."""
NONE = "(none)"
"""How a group of work without a team, an objective … is shown and asked for."""
LEVELS = ("initiative", "epic", "standard", "subtask")


class OneOf(click.Choice[str]):
    """One of a few words; a mistyped one is told the nearest."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in self.choices:
            return value
        near = difflib.get_close_matches(value.lower(), self.choices, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise click.BadParameter(f"{value} is none of {', '.join(self.choices)}.{meant}", ctx, param)


def output(*formats: str) -> Callable[[Command], Command]:
    """`-o`: the first of `formats` is the default."""
    return click.option(
        "-o",
        "--output",
        "form",
        type=OneOf(formats),
        default=formats[0],
        show_default=True,
        help="Form of the answer.",
    )


def as_of(command: Command) -> Command:
    """`--as-of`: an earlier snapshot."""
    return click.option(
        "--as-of",
        "as_of",
        metavar="RUN|DATE",
        help="Answer from an earlier snapshot: a run's number, a date (its last run) or a time.",
    )(command)


def filters(command: Command) -> Command:
    """The one filter language of every reading command; a repeated option means either value."""
    return narrower(click.option("--verdict", multiple=True, type=OneOf(VERDICTS), help="Only this verdict.")(command))


def narrower(command: Command) -> Command:
    """The filters without `--verdict`, for a command that is about one verdict."""
    options = (
        click.option("--source", multiple=True, metavar="NAME", help="Only this source (repeatable, as all filters)."),
        click.option(
            "--partition",
            multiple=True,
            metavar="NAME",
            help="Only this project, board or repository; NAME or SOURCE:NAME.",
        ),
        click.option("--team", multiple=True, metavar="NAME", help="Only this team; '(none)': work without one."),
        click.option("--level", multiple=True, type=OneOf(LEVELS), help="Only this level."),
        click.option("--objective", multiple=True, metavar="ID", help="Only this objective's own; '(none)': none."),
        click.option("--below", is_flag=True, help="With --objective: also the objectives below it."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def limit(command: Command) -> Command:
    """`--limit`: of a long list only its beginning."""
    return click.option(
        "--limit",
        type=click.IntRange(min=1),
        metavar="N",
        help=f"Show at most this many, oldest first. Default: {ON_SCREEN} as text, all in other forms.",
    )(command)


def limited(limit: int | None, form: str) -> int | None:
    """How many items to read for a form of output (`None`: all)."""
    return limit or (ON_SCREEN if form == "text" else None)


def chosen(names: Mapping[str, tuple[str, ...]], *, below: bool = False) -> Filters:
    """The filters of a command's options, as `read` takes them. `names` are the options by name."""
    from veaf_sync.store import Filters

    if below and not names.get("objective"):
        raise click.UsageError("--below says that also what is below an --objective counts; name one.")
    source, partition, team, level, objective, verdict = (
        tuple("" if value == NONE else value for value in names.get(name, ())) or None for name in FILTERS
    )
    return Filters(source=source, partition=partition, team=team, level=level, objective=objective, verdict=verdict)


def given(
    names: Mapping[str, tuple[str, ...]] | None = None,
    *,
    below: bool = False,
    as_of: str | None = None,
    without: Collection[str] = (),
) -> str:
    """Filters and `--as-of` as they were typed, for a command that is to see the same. `without` are left out."""
    kept = [name for name in FILTERS if names and name not in without]
    words = [word for name in kept for value in (names or {}).get(name, ()) for word in (f"--{name}", value)]
    words += ["--below"] if below and "objective" not in without else []
    words += ["--as-of", as_of] if as_of else []
    return "".join(f" {shlex.quote(word)}" for word in words)


def accept(command: Command) -> Command:
    """`--accept`: caps are lifted by number."""
    return click.option(
        "--accept", type=click.IntRange(min=0), metavar="N", help="Lift the caps for exactly the N values they refuse."
    )(command)


def accepted(number: int | None) -> str:
    """`--accept` as it was typed."""
    return "" if number is None else f" --accept {number}"
