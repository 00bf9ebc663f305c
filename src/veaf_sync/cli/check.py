"""`veaf-sync check`: every problem of the configuration, and with --online of every source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from veaf_sync.cli import options, printer
from veaf_sync.cli.words import plural
from veaf_sync.cli.workspace import Workspace
from veaf_sync.errors import ConfigError, Problem, render_problems

if TYPE_CHECKING:
    from veaf_sync.sync import SourceCheck

FINDINGS = 1


@click.command("check")
@click.option("--online", is_flag=True, help="Also ask every source who we are, and what cannot be read or written.")
@options.output("text", "json")
@click.pass_context
def command(ctx: click.Context, online: bool, form: str) -> None:
    """Validate the configuration; with --online also every source.

    Offline nothing leaves the machine. Exit code 1 when there is any problem, 0 when there is none.
    """
    workspace: Workspace = ctx.obj
    problems = _plugin_problems(workspace)
    checks: Sequence[SourceCheck] = ()
    try:
        problems += workspace.config.findings
    except ConfigError as error:
        problems += error.problems
    else:
        if online:
            from veaf_sync.sync import preflight

            checks = preflight(workspace.config, workspace.registry, workspace.clock)
    if form == "json":
        printer.document(_document(problems, checks))
    else:
        _print(workspace, problems, checks)
    if problems or any(check.problems for check in checks):
        ctx.exit(FINDINGS)


def _plugin_problems(workspace: Workspace) -> tuple[Problem, ...]:
    return tuple(
        Problem(file="plugins", line=0, where=failure.name, what=failure.reason, hint=f"From {failure.distribution}.")
        for failure in workspace.registry.failures
    )


def _print(workspace: Workspace, problems: Sequence[Problem], checks: Sequence[SourceCheck]) -> None:
    if problems:
        for text in render_problems(problems, "").splitlines():
            printer.line(text)
    else:
        settings = workspace.config.settings
        objectives, rules = len(workspace.config.strategy.objectives), len(workspace.config.mapping.rules)
        parts = (plural(len(settings.sources), "source"), plural(objectives, "objective"), plural(rules, "rule"))
        printer.line(f"{workspace.folder}: no problem. {', '.join(parts)}.")
    for check in checks:
        printer.line()
        printer.line(f"{check.source}  {_identity(check)}")
        for text in check.problems:
            printer.line(f"  problem  {text}", style="red")
        for text in check.notes:
            printer.line(f"  note     {text}")
    if not checks and not problems:
        printer.line("Sources were not asked: veaf-sync check --online")


def _identity(check: SourceCheck) -> str:
    identity = check.identity
    if identity is None:
        return "not reached"
    return f"{identity.product or 'reached'} as {identity.user}, time zone {identity.time_zone}"


def _document(problems: Sequence[Problem], checks: Sequence[SourceCheck]) -> dict[str, object]:
    return {
        "format_version": "1.0",
        "run": None,
        "as_of": None,
        "degraded": False,
        "problems": [
            {
                "file": problem.file,
                "line": problem.line or None,
                "where": problem.where,
                "what": problem.what,
                "hint": problem.hint,
                "severity": problem.severity,
            }
            for problem in problems
        ],
        "sources": [
            {
                "source": check.source,
                "user": check.identity.user if check.identity else None,
                "product": check.identity.product if check.identity else None,
                "time_zone": check.identity.time_zone if check.identity else None,
                "problems": list(check.problems),
                "notes": list(check.notes),
            }
            for check in checks
        ],
    }
