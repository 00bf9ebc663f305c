"""`veaf-sync schema`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import click

from veaf_sync.cli import options
from veaf_sync.cli.screened import answers
from veaf_sync.cli.workspace import Workspace

if TYPE_CHECKING:
    from pydantic import BaseModel

Document = Literal["settings", "strategy", "mapping"]
DOCUMENTS: tuple[Document, ...] = ("settings", "strategy", "mapping")
READING = ("status", "coverage", "items", "orphans", "objectives", "explain", "runs", "audit")
OUTPUTS = (*READING, "plan", "show", "apply", "sync", "check", "report", "plugins")


@click.command("schema")
@click.argument("name", metavar="NAME", type=options.OneOf([*DOCUMENTS, *OUTPUTS]))
@click.pass_obj
def command(workspace: Workspace, name: str) -> None:
    """JSON Schemas of the configuration and of every JSON output.

    NAME is a document (settings, strategy, mapping) or a command whose -o json it describes: status, coverage, items,
    orphans, objectives, explain, runs, audit, plan, show, apply, sync, check, report, plugins. Needs no configuration.
    """
    for document in DOCUMENTS:
        if name == document:
            from veaf_sync import config

            schema = config.json_schema(document, workspace.registry.connectors)
            break
    else:
        schema = output_schema(name)
    click.echo(json.dumps(schema, indent=2, ensure_ascii=False), file=answers())


def output_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a command's JSON output, one of `OUTPUTS`."""
    schema = _model(name).model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _model(name: str) -> type[BaseModel]:
    from veaf_sync import read
    from veaf_sync.cli import documents
    from veaf_sync.cli.plan_document import PlanDocument

    models: dict[str, type[BaseModel]] = {
        "status": read.Status,
        "coverage": read.CoverageAnswer,
        "items": read.ItemsAnswer,
        "orphans": read.ItemsAnswer,
        "objectives": read.ObjectivesAnswer,
        "explain": read.ExplainAnswer,
        "runs": read.RunsAnswer,
        "audit": read.AuditAnswer,
        "plan": PlanDocument,
        "show": PlanDocument,
        "apply": documents.ApplyDocument,
        "sync": documents.SyncDocument,
        "check": documents.CheckDocument,
        "report": documents.ReportDocument,
        "plugins": documents.PluginsDocument,
    }
    return models[name]
