"""`veaf-sync strategy activate`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from veaf_sync.cli import printer
from veaf_sync.cli.tables import Column, Table
from veaf_sync.cli.words import plural
from veaf_sync.cli.workspace import Workspace
from veaf_sync.errors import UsageError

if TYPE_CHECKING:
    from veaf_sync.strategy import Objective, Strategy


@click.group("strategy")
def command() -> None:
    """Drafted objectives become active after review: strategy activate."""


@command.command("activate")
@click.argument("ids", metavar="[ID …]", nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def activate(workspace: Workspace, ids: tuple[str, ...], yes: bool) -> None:
    """Make drafts active: those named, else all after asking.

    Only the word draft changes in strategy.yaml; comments and order stay. While every objective is a draft, figures
    are provisional and no tag is planned; from the first active one on, work of the remaining drafts is dangling.
    """
    from veaf_sync import config

    strategy = workspace.config.strategy
    chosen = config.drafts(strategy, ids)
    if not chosen:
        printer.line("Nothing to activate: " + ("they are active already." if ids else "there is no draft."))
        return
    if not ids and not yes and not _agreed(chosen):
        printer.aside("Nothing was changed.")
        return
    path = config.activate(workspace.folder, workspace.config.texts[config.STRATEGY], [each.id for each in chosen])
    printer.line(f"{path}: {plural(len(chosen), 'objective')} activated.")
    _say_what_is_left(strategy, {each.id for each in chosen})
    printer.line()
    printer.line("NEXT  veaf-sync sync (measure with them; no tool is changed)")


def _agreed(chosen: list[Objective]) -> bool:
    table = Table([Column("DRAFT"), Column("SUPPORTS"), Column("TITLE", sentence=True)])
    for each in chosen:
        table.add(each.id, each.supports, each.title)
    printer.table(table)
    if not sys.stdin.isatty():
        raise UsageError(
            "activate without an ID asks, and there is no terminal to ask at. Nothing was changed.",
            fix="veaf-sync strategy activate --yes, or name the objectives.",
        )
    return click.confirm(f"Activate {'it' if len(chosen) == 1 else f'these {len(chosen)}'}?", default=False, err=True)


def _say_what_is_left(strategy: Strategy, activated: set[str]) -> None:
    """Drafts that remain, and what is active below one of them."""
    from veaf_sync.strategy import ObjectiveState, tree

    left = [each.id for each in strategy.objectives if each.state is ObjectiveState.DRAFT and each.id not in activated]
    if not left:
        return
    printer.line(f"Still drafts, so that work for them is dangling: {', '.join(left)}.", style="yellow")
    now = tree(
        strategy.model_copy(
            update={
                "objectives": tuple(
                    each.model_copy(update={"state": ObjectiveState.ACTIVE}) if each.id in activated else each
                    for each in strategy.objectives
                )
            }
        )
    )
    for each in sorted(activated):
        dead = next((above for above in now.above(each) if now.declared(above) == "draft"), None)
        if not now.active(each) and dead:
            printer.line(f"{each} is cut off from the vision: {dead} above it is a draft. Activate that too.")
