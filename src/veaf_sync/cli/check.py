"""`veaf-sync check`: every problem of the configuration, and with --online of every source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from veaf_sync.cli import options, printer
from veaf_sync.cli.failures import problem_document
from veaf_sync.cli.words import plural
from veaf_sync.cli.workspace import Workspace
from veaf_sync.errors import Problem, render_problems

if TYPE_CHECKING:
    from veaf_sync.config import Config
    from veaf_sync.plugins import PluginFailure
    from veaf_sync.sync import SourceCheck

FINDINGS = 1


@click.command("check")
@click.option("--online", is_flag=True, help="Also ask every source who we are, and what cannot be read or written.")
@options.output("text", "json")
@click.pass_context
def command(ctx: click.Context, online: bool, form: str) -> None:
    """Validate the configuration; with --online also every source.

    Errors stop every command; findings stop none: rules that lead nowhere, secrets and files that are not there.
    Offline nothing leaves the machine. Exit code 1 when there is any of either, 0 when there is none.
    """
    from veaf_sync import config

    workspace: Workspace = ctx.obj
    seen = config.inspect(workspace.folder, workspace.registry.connectors, at=workspace.clock.now())
    problems = (*_plugin_problems(workspace), *seen.problems)
    checks: Sequence[SourceCheck] | None = None
    if online and seen.config is not None:
        from veaf_sync.sync import preflight

        checks = preflight(seen.config, workspace.registry, workspace.clock)
    if form == "json":
        printer.document(_document(problems, checks or ()))
    else:
        _print_problems(problems)
        if not problems and seen.config is not None:
            _print_size(workspace, seen.config)
        _print_sources(checks, asked=online)
    if problems or any(check.problems for check in checks or ()):
        ctx.exit(FINDINGS)
    if checks and form == "text":
        printer.line()
        printer.line("Next: veaf-sync sync reads them; no tool is changed")


def _plugin_problems(workspace: Workspace) -> tuple[Problem, ...]:
    return tuple(
        Problem(file=failure.file or "plugins", line=0, where=failure.name, what=failure.reason, hint=_from(failure))
        for failure in workspace.registry.failures
    )


def _from(failure: PluginFailure) -> str:
    return "" if failure.file else f"From {failure.distribution}."


def _print_problems(problems: Sequence[Problem]) -> None:
    errors = [problem for problem in problems if problem.severity == "error"]
    findings = [problem for problem in problems if problem.severity != "error"]
    for group in (errors, findings):
        if group:
            for text in render_problems(group, "").splitlines():
                printer.line(text)
            printer.line()
    said = []
    if errors:
        said.append(f"{plural(len(errors), 'error')}: no other command runs until {_they(errors)} mended.")
    if findings:
        said.append(f"{plural(len(findings), 'finding')}, which stop{'s' * (len(findings) == 1)} no command.")
    if said:
        printer.line(" ".join(said))


def _they(errors: Sequence[Problem]) -> str:
    return "it is" if len(errors) == 1 else "they are"


def _print_size(workspace: Workspace, found: Config) -> None:
    objectives, rules = len(found.strategy.objectives), len(found.mapping.rules)
    parts = (plural(len(found.settings.sources), "source"), plural(objectives, "objective"), plural(rules, "rule"))
    printer.line(f"{workspace.folder}: no problem in the files. {', '.join(parts)}.")


def _print_sources(checks: Sequence[SourceCheck] | None, *, asked: bool) -> None:
    """What each source said; `None`: none was asked."""
    if checks is None:
        why = "mend the errors first, then" if asked else "next"
        printer.line(f"Sources were not asked; {why}: veaf-sync check --online")
    for check in checks or ():
        printer.line()
        printer.line(f"{check.source}  {_identity(check)}")
        for text in check.problems:
            printer.line(f"  problem  {text}", style="red")
        for text in check.notes:
            printer.line(f"  note     {text}")


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
        "problems": [problem_document(problem) for problem in problems],
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
