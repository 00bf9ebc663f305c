"""The group `veaf-sync`, and `main`, which turns every way a command can end into an exit code."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from veaf_sync import __version__
from veaf_sync.cli.commands import GROUPS
from veaf_sync.cli.failures import Failure
from veaf_sync.cli.screened import screened
from veaf_sync.cli.workspace import Workspace

if TYPE_CHECKING:
    from veaf_sync.clock import Clock


class Commands(click.Group):
    """Commands by name from the table; the module of one is imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for group in GROUPS.values() for name in group]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"veaf_sync.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and name not in self.list_commands(ctx):
            near = difflib.get_close_matches(name.lower(), self.list_commands(ctx), n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"There is no command {name}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The groups of the table, without importing a single command."""
        for group, commands in GROUPS.items():
            with formatter.section(group):
                formatter.write_dl(list(commands.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "-C",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the configuration. Without it: VEAF_SYNC_DIR, ./config, the current folder, its parents.",
)
@click.version_option(__version__, "--version", prog_name="veaf-sync")
@click.pass_context
def veaf_sync(ctx: click.Context, folder: Path | None) -> None:
    """Does our work serve our strategy? Coverage, orphans and unserved objectives, with safe write-back."""
    workspace = ctx.ensure_object(Workspace)
    workspace.chosen = folder
    ctx.call_on_close(workspace.close)


def main(argv: Sequence[str] | None = None, *, clock: Clock | None = None) -> int:
    """Run one command; returns the exit code.

    `argv` are the arguments without the program's name (default: the process's), `clock` is the time the
    command lives in (default: the system's). Nothing escapes but the code: errors are printed on stderr.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    workspace = Workspace(clock)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a character must not end the command
    with screened():
        return _run(arguments, workspace)


def _run(arguments: Sequence[str], workspace: Workspace) -> int:
    try:
        code = veaf_sync.main(arguments, prog_name="veaf-sync", standalone_mode=False, obj=workspace)
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_left()
    except (KeyboardInterrupt, click.Abort):
        return _report(Failure.interrupted(workspace.pending).completed(workspace.chosen), arguments)
    except click.exceptions.NoArgsIsHelpError as nothing:
        click.echo(nothing.format_message(), err=True)
        return nothing.exit_code
    except Exception as error:  # the last line of defence: one line for people, the traceback in the log
        return _report(Failure.of(error, workspace).completed(workspace.chosen), arguments)
    except SystemExit as ended:  # click ends so when the reader of a pipe has left
        return _reader_left() if ended.code == 1 else int(ended.code or 0)
    return code if isinstance(code, int) else 0


def _report(failure: Failure, arguments: Sequence[str]) -> int:
    with contextlib.suppress(BrokenPipeError):
        click.echo(failure.as_json() if wants_json(arguments) else failure.as_text(), err=True)
    return failure.exit_code


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether the arguments ask for JSON. Read from the words themselves, so that it also holds for wrong ones."""
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    return any(
        word in ("-ojson", "-o=json", "--output=json") or (word in ("-o", "--output") and following == "json")
        for word, following in pairs
    )


def _reader_left() -> int:
    """The reader of our output has gone (`| head`): nothing more to say, and nothing went wrong."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    return 0
