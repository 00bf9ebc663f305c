"""Writes docs/reference from the code: commands from their help, settings and outputs from their JSON Schemas.

`make docs` runs it; a test fails where a page differs from what it would write.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import click

from veaf_sync import config, plugins
from veaf_sync.cli.app import veaf_sync
from veaf_sync.cli.commands import GROUPS
from veaf_sync.cli.schema import DOCUMENTS, OUTPUTS, output_schema
from veaf_sync.connector import Feature, TargetKind

FOLDER = Path(__file__).parent / "reference"
WRITTEN = "Written from the code by `make docs`.\n"
CONNECTORS = plugins.load().connectors
SCALARS = {"text", "whole number", "number", "true or false"}
WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "mapping",
    "null": "null",
}
Schema = Mapping[str, Any]
Table = Callable[[Schema], Iterator[str]]


def pages() -> dict[str, str]:
    """The pages by file name."""
    return {
        "commands.md": commands(),
        "connectors.md": connectors(),
        "settings.md": settings(),
        "outputs.md": outputs(),
    }


def commands() -> str:
    """Every command's help, in the groups and order of `veaf-sync --help`."""
    parts = ["# Commands\n", WRITTEN, _help(veaf_sync, [])]
    for group, names in GROUPS.items():
        parts.append(f"## {group}\n")
        for name in names:
            if command := veaf_sync.get_command(click.Context(veaf_sync), name):
                parts += [f"### {name}\n", _help(command, [name])]
                for below in command.commands.values() if isinstance(command, click.Group) else ():
                    parts += [f"### {name} {below.name}\n", _help(below, [name, str(below.name)])]
    return "\n".join(parts)


def _help(command: click.Command, path: list[str]) -> str:
    context = click.Context(
        command,
        info_name=" ".join(["veaf-sync", *path]),
        help_option_names=["-h", "--help"],
        max_content_width=100,
        terminal_width=100,
    )
    return f"```text\n{command.get_help(context).rstrip()}\n```\n"


CAN = {
    Feature.INCREMENTAL: "reads only what changed",
    Feature.COUNT: "counts without reading",
    Feature.IDS: "lists ids without reading",
    Feature.FIND: "finds an item by its key or address",
    Feature.DEPARTURES: "names what left",
    Feature.GOALS: "reads the tool's own goals",
    Feature.WRITE: "writes tags",
    Feature.BULK: "writes in bulk tasks",
}


def connectors() -> str:
    """What each connector can do, and what it says of itself."""
    missing = set(Feature) - set(CAN)
    if missing:
        raise ValueError(f"no words for {missing}")
    names = sorted(CONNECTORS)
    rows = [
        [words, *("yes" if feature in CONNECTORS[name].features else "–" for name in names)]
        for feature, words in CAN.items()
    ]
    rows += [
        [f"a tag may be a {kind}", *("yes" if kind in CONNECTORS[name].settings.targets else "–" for name in names)]
        for kind in get_args(TargetKind)
    ]
    lines = ["| | " + " | ".join(f"`{name}`" for name in names) + " |", "|---" * (len(names) + 1) + "|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    parts = ["# Connectors\n", WRITTEN, "\n".join(lines) + "\n"]
    parts += [f"## {name}\n\n{inspect.getdoc(CONNECTORS[name])}\n" for name in names]
    return "\n".join(parts)


def settings() -> str:
    """What may stand in the three files, as their schemas say."""
    files = {"settings": "veaf-sync.yaml", "strategy": "strategy.yaml", "mapping": "mapping.yaml"}
    parts = ["# Settings\n", WRITTEN, "Keys that are not listed are refused. *Required* keys have no default.\n"]
    shown: set[str] = set()
    for document in DOCUMENTS:
        schema = config.json_schema(document, CONNECTORS)
        parts += [f"## {files[document]}\n", *_models(schema, shown, _settings_table)]
    return "\n".join(parts)


def outputs() -> str:
    """The keys of every JSON output."""
    parts = ["# JSON outputs\n", WRITTEN, "`veaf-sync schema NAME` prints the whole JSON Schema.\n"]
    shown: set[str] = set()
    for name in OUTPUTS:
        parts += [f"## {name}\n", *_models(output_schema(name), shown, _output_table)]
    return "\n".join(parts)


def _models(schema: Schema, shown: set[str], table: Table) -> Iterator[str]:
    """The document itself, then what its keys refer to and was not `shown` before, one table each."""
    yield from _model("", schema, table)
    for name, model in sorted(schema.get("$defs", {}).items(), key=lambda named: (named[0] in CONNECTORS, named[0])):
        if _name(name) not in shown:
            shown.add(_name(name))
            yield from _model(_name(name), model, table)


def _name(ref: str) -> str:
    """A model's name; the parts of a connector's settings are those of every source."""
    return ref.rpartition("/")[2].rpartition(".")[2]


def _model(name: str, schema: Schema, table: Table) -> Iterator[str]:
    if not schema.get("properties"):
        return
    if name:
        yield f"### {name}\n"
    if schema.get("description"):
        yield schema["description"].partition("\n\n")[0].replace("\n", " ") + "\n"
    yield "\n".join(table(schema)) + "\n"


def _settings_table(schema: Schema) -> Iterator[str]:
    required = set(schema.get("required", ()))
    yield "| key | value | default | meaning |"
    yield "|---|---|---|---|"
    for key, value in schema["properties"].items():
        default = "*required*" if key in required else _default(value.get("default"))
        meaning = " ".join(str(value.get("description", "")).split())
        kinds = _type(value).removesuffix(" or null")
        yield f"| `{key}` | {kinds} | {default} | {_cell(meaning)} |"


def _output_table(schema: Schema) -> Iterator[str]:
    yield "| key | value |"
    yield "|---|---|"
    for key, value in schema["properties"].items():
        yield f"| `{key}` | {_type(value)} |"


def _type(schema: Schema) -> str:
    """What a value may be, in a few words."""
    kinds = list(dict.fromkeys(_kinds(schema)))
    if set(kinds) >= SCALARS:  # a condition's value: any scalar
        kinds = ["a value", *(kind for kind in kinds if kind not in SCALARS)]
    return " or ".join(kinds)


def _kinds(schema: Schema) -> Iterator[str]:
    several = schema.get("anyOf") or schema.get("oneOf")
    kind = schema.get("type")
    if several:
        for one in several:
            yield from _kinds(one)
    elif "$ref" in schema:
        yield _name(schema["$ref"])
    elif "enum" in schema:
        yield ", ".join(f"`{value}`" for value in schema["enum"])
    elif "const" in schema:
        yield f"`{schema['const']}`"
    elif kind == "array":
        yield f"list of {_type(schema.get('items', {})).replace('a value', 'values')}"
    elif kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        yield f"mapping to {_type(schema['additionalProperties'])}"
    else:
        yield WORDS.get(str(kind), "anything")


def _default(default: object) -> str:
    """A default as YAML would show it; nothing where there is none."""
    if default is None or default in ([], {}, ""):
        return ""
    if isinstance(default, str) and (minutes := re.fullmatch(r"PT(\d+)M", default)):
        return f"`{minutes[1]}m`"
    return f"`{_plain(default)}`"


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_plain(one)}" for key, one in value.items() if one is not None) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"docs/reference/{name}\n")


if __name__ == "__main__":
    main()
