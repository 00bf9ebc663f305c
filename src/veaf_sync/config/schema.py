"""JSON Schemas of the three documents, from the models themselves, so that editors complete and check."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel

from veaf_sync.config.settings import SOURCE_NAME, Settings
from veaf_sync.config.sources import Connectors
from veaf_sync.mapping import MappingFile
from veaf_sync.strategy import Strategy

DocumentName = Literal["settings", "strategy", "mapping"]
ROOTS: dict[DocumentName, type[BaseModel]] = {"settings": Settings, "strategy": Strategy, "mapping": MappingFile}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(document: DocumentName, connectors: Connectors) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a document; a source's keys depend on its `connector` where any are given."""
    schema: dict[str, Any] = {"$schema": DIALECT, **ROOTS[document].model_json_schema(mode="validation")}
    if document == "settings":
        definitions = schema.setdefault("$defs", {})
        definitions.pop("SourceSettings", None)
        schema["properties"]["sources"] |= {
            "additionalProperties": _source(definitions, connectors),
            "propertyNames": {"pattern": f"^{SOURCE_NAME.pattern}$"},
            "minProperties": 1,
        }
    return schema


def _source(definitions: dict[str, Any], connectors: Connectors) -> dict[str, Any]:
    """A source: which connector decides which definition holds. Adds those definitions, each under its own name."""
    if not connectors:
        return {"type": "object", "required": ["connector"]}
    branches = []
    for name, connector in sorted(connectors.items()):
        text = json.dumps(connector.settings.model_json_schema(mode="validation"))
        own = json.loads(text.replace('"#/$defs/', f'"#/$defs/{name}.'))
        definitions |= {f"{name}.{key}": value for key, value in own.pop("$defs", {}).items()}
        own["properties"]["connector"] = {"const": name}
        definitions[name] = own
        condition = {"properties": {"connector": {"const": name}}, "required": ["connector"]}
        branches.append({"if": condition, "then": {"$ref": f"#/$defs/{name}"}})
    return {
        "type": "object",
        "required": ["connector"],
        "properties": {"connector": {"enum": sorted(connectors), "description": "The plugin that reads this source."}},
        "allOf": branches,
    }
