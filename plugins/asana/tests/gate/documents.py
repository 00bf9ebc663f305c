"""The vendor's own description of the Asana interface, with the defects put right that make it unusable."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import yaml
from openapi_core import Config, OpenAPI

from veaf_sync.testing.gate import Document, Json
from veaf_sync_asana.emulator import AsanaEmulator

SERVER, PREFIX = "https://app.asana.com/api/1.0", "/api/1.0"
_FIELDS = ("memberships.project", "memberships.section.name")


def load(folder: Path, profile: str) -> Document:
    """The document, held to the resources that the emulator has. Raises `FileNotFoundError`."""
    with gzip.open(folder / "asana" / "asana_oas.yaml.gz", "rt", encoding="utf-8") as stream:
        document = _text_keys(yaml.load(stream, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    _memberships(document)
    _nobody(document)
    _goals(document)
    _errors(document)
    served = {template.removeprefix(PREFIX) for _, template in AsanaEmulator().routes.templates()}
    paths = {path: operations for path, operations in document["paths"].items() if path in served}
    api = OpenAPI.from_dict({**document, "paths": paths}, config=Config(spec_validator_cls=None))
    return Document(profile, api, document["paths"], SERVER, PREFIX)


def _text_keys(node: Any) -> Any:
    """Every key as text (statuses are numbers in the file), and nothing that OpenAPI itself has given up."""
    if isinstance(node, list):
        return [_text_keys(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {str(key): _text_keys(value) for key, value in node.items() if key != "allowEmptyValue"}


def _memberships(document: Json) -> None:
    """The lists of what `opt_fields` may name leave out the memberships of tasks, which the schema of a task has."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()) if isinstance(operation, dict) else ():
                if parameter.get("name") == "opt_fields" and "num_subtasks" in (
                    names := parameter["schema"]["items"].get("enum", [])
                ):
                    names.extend(_FIELDS)


def _nobody(document: Json) -> None:
    """Events: their own description says that user and parent can be null; the schema does not."""
    for name in ("user", "parent"):
        document["components"]["schemas"]["EventResponse"]["properties"][name] = {"type": "object", "nullable": True}


def _goals(document: Json) -> None:
    """Goals: owner and metric are said to be nullable beside what they are, which a schema reads as: they are not."""
    schemas = document["components"]["schemas"]
    for part in (schemas["GoalCompact"], *schemas["GoalResponse"]["allOf"]):
        for name in ("owner", "metric"):
            if name in part.get("properties", {}):
                part["properties"][name] = {"type": "object", "nullable": True}


def _errors(document: Json) -> None:
    """The answers that many operations share, put where each is looked for."""
    shared = document["components"]["responses"]
    for operations in document["paths"].values():
        for operation in operations.values():
            responses = operation.get("responses", {}) if isinstance(operation, dict) else {}
            for status, response in responses.items():
                if "$ref" in response:
                    responses[status] = shared[response["$ref"].rpartition("/")[2]]
