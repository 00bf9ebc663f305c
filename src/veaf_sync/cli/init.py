"""`veaf-sync init`."""

from __future__ import annotations

from pathlib import Path

import click

from veaf_sync.cli import init_from, printer
from veaf_sync.cli.workspace import Workspace
from veaf_sync.errors import UsageError

_HOLDS = {
    "veaf-sync.yaml": "where the work is, and how it is counted",
    "strategy.yaml": "what you want: vision, objectives, key results, teams",
    "mapping.yaml": "which work serves which objective",
}


@click.command("init")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=None, required=False)
@click.option(
    "--from",
    "origins",
    metavar="SOURCE|FILE",
    multiple=True,
    help="Draft from a connector's tool, such as jira, or from a CSV or XLSX file of objectives; both: twice.",
)
@click.option("--site", metavar="URL", help="With --from: the tool's address.")
@click.option("--user", metavar="USER", help="With --from: who the token belongs to, where the tool wants it.")
@click.option("--token", metavar="REF", help="With --from: where a read-only token is kept: env:NAME, file:PATH.")
@click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help="With --from: any other setting of it.")
@click.option("--organisation", metavar="NAME", default="", help="With --from: shown on every report.")
@click.pass_obj
def command(
    workspace: Workspace,
    folder: Path | None,
    origins: tuple[str, ...],
    site: str | None,
    user: str | None,
    token: str | None,
    settings: tuple[str, ...],
    organisation: str,
) -> None:
    """Write a commented configuration.

    Three files go into DIR (default: the folder of -C, else ./config): veaf-sync.yaml, strategy.yaml and mapping.yaml,
    and into DIR/.schema the JSON Schemas from which editors complete. If one of the three is there already, nothing is
    written.

    With --from the files are drafted from what is there: objectives from a spreadsheet, from labels and fields that
    name them and from top-level items, rules from how work hangs on these, each with the share it would map. What is
    missing is asked for. Everything drafted is a draft: figures are provisional until strategy activate.
    """
    from veaf_sync import config

    target = folder or workspace.chosen or Path("config")
    given = {name: value for name, value in (("site", site), ("user", user), ("token", token)) if value}
    for pair in settings:
        name, mark, value = pair.partition("=")
        if not mark or not name:
            raise UsageError(f"--set {pair} is no NAME=VALUE.", fix="Example: --set projects=PAY,SHOP")
        given[name] = value
    if origins:
        workspace.chosen = None if _is_found(target) else target
        init_from.run(workspace, origins, target, given, organisation)
        return
    if given or organisation:
        raise UsageError("These settings belong to a draft: name its --from too.", fix="veaf-sync init --from jira")
    paths = config.scaffold(target, workspace.installed.connectors)
    for path in paths:
        if path.name in _HOLDS:
            printer.line(f"wrote {path!s:<{len(str(target)) + 16}}  {_HOLDS[path.name]}")
    printer.line(f"wrote {target / config.SCHEMAS!s:<{len(str(target)) + 16}}  from which editors complete and check")
    workspace.chosen = None if _is_found(target) else target
    printer.line()
    printer.line("It is an example of a company that sells: put your sources, objectives and rules in its place. Then")
    for does, why in (
        ("check", "every mistake at once, offline"),
        ("check --online", "who we are in each tool, and what cannot be read"),
        ("sync", "read, map, measure; no tool is changed"),
        ("status", "what came of it"),
    ):
        printer.line(f"  veaf-sync {does:<15} {why}")


def _is_found(target: Path) -> bool:
    """Whether commands find the folder by themselves from here."""
    from veaf_sync import config
    from veaf_sync.errors import UserError

    try:
        return config.find_folder(None).resolve() == target.resolve()
    except UserError:
        return False
