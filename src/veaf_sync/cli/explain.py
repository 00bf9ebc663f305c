"""`veaf-sync explain ITEM`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from veaf_sync.cli import options, printer
from veaf_sync.cli.tables import Column, Table
from veaf_sync.cli.words import percent
from veaf_sync.cli.workspace import Workspace

if TYPE_CHECKING:
    from veaf_sync.read import ExplainAnswer
    from veaf_sync.read.explain import RuleTried, StatementRead, Walked

CSV_COLUMNS = ("item", "rule", "matched", "key", "wanted", "seen", "held", "note")


@click.command("explain")
@click.argument("item", metavar="ITEM")
@options.as_of
@options.output("text", "json", "csv")
@click.pass_obj
def command(workspace: Workspace, item: str, as_of: str | None, form: str) -> None:
    """Why an item has its verdict, and what would align it.

    ITEM is source:KEY (jira-main:PAY-412), its URL, or a key that is unique. Shows what is stated, every rule tried
    with the value seen, the ancestors walked, and the smallest change that would align it.
    """
    from veaf_sync import read

    answer = read.explain(workspace.snapshot(as_of), item)
    if form == "json":
        printer.document(answer)
    elif form == "csv":
        printer.sheet(CSV_COLUMNS, _sheet_rows(answer))
    else:
        _print(answer)


def _print(answer: ExplainAnswer) -> None:
    printer.line(f"{answer.id}  {answer.title}", style="bold")
    if answer.url:
        printer.line(answer.url)
    printer.line()
    printer.line(f"{answer.verdict}{_objectives(answer)}: {answer.reason.rstrip('.')}")
    if not answer.counted:
        printer.line(f"not counted, {answer.counted_reason}")
    if answer.copies:
        printer.line(f"also lives as {', '.join(answer.copies)}: one work item, counted here")
    if answer.withdrawn:
        printer.line(f"withdrawn by people: {', '.join(answer.withdrawn)}")
    for number, step in enumerate(answer.walked):
        printer.line()
        _walked(step, itself=number == 0, copies=bool(answer.copies))
    printer.line()
    printer.line(f"Fix: {_fix(answer)}")


def _fix(answer: ExplainAnswer) -> str:
    if answer.verdict in ("aligned", "exempt"):
        return "none needed"
    return answer.fix or "no suggestion"


def _objectives(answer: ExplainAnswer) -> str:
    if not answer.alignments:
        return ""
    if len(answer.alignments) == 1:
        return f" with {answer.alignments[0].objective}"
    return " with " + ", ".join(f"{one.objective} {percent(one.share, digits=0)}" for one in answer.alignments)


def _walked(step: Walked, *, itself: bool, copies: bool) -> None:
    """What was read and tried on the item itself or on one ancestor; `copies`: it lives in other tools too."""
    printer.line("On the item itself" if itself else f"On its ancestor {step.id}  {step.title}")
    for said in step.statements:
        where = "by a goal or the column objective" if said.reader == "stated" else f"in {said.reader}"
        printer.line(f"  stated {where}: {said.value} ({_named(said)})")
    if not step.statements:
        said_elsewhere = " here; a copy of it says so" if itself and copies and step.result == "stated" else ""
        printer.line(f"  nothing is stated{said_elsewhere}")
    table = Table([Column("RULE TRIED"), Column(""), Column("WHY", sentence=True)], indent="  ")
    for rule in step.tried:
        table.add(rule.rule, "matched" if rule.matched else "no", _why(rule))
    if table.rows:
        printer.table(table)
    if step.result:
        printer.line(f"  result: {step.result}")
    if step.note:
        printer.line(f"  {step.note}")


def _named(said: StatementRead) -> str:
    """The objective that a statement names, and whether it counts."""
    dropped = ", dropped: it is closed, and another that is stated is active" if said.dropped else ""
    return f"objective {said.objective}{dropped}"


def _why(rule: RuleTried) -> str:
    """The keys that decided: those that did not hold, or all where the rule matched."""
    keys = [key for key in rule.keys if rule.matched or not key.held]
    parts = [f"{key.key} is {key.seen or 'empty'}, asked for {key.wanted}" for key in keys]
    return "; ".join([*parts, *([rule.note] if rule.note else [])])


def _sheet_rows(answer: ExplainAnswer) -> Iterator[tuple[object, ...]]:
    """One row per statement, and per key of every rule tried."""
    for step in answer.walked:
        for said in step.statements:
            yield step.id, "stated", True, said.reader, "", said.value, True, _named(said)
        for rule in step.tried:
            for key in rule.keys:
                yield step.id, rule.rule, rule.matched, key.key, key.wanted, key.seen, key.held, rule.note
            if not rule.keys:
                yield step.id, rule.rule, rule.matched, "", "", "", "", rule.note
