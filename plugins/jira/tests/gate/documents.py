"""The vendor's own descriptions of the Jira interface, with the defects put right that make them unusable."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openapi_core import Config, OpenAPI

from veaf_sync.testing.gate import Document, Json
from veaf_sync_jira.emulator import JiraEmulator

FILES = {
    "cloud": ("jira-cloud-platform-v3.openapi.json.gz", "https://your-domain.atlassian.net", ""),
    "dc": ("jira-dc-10.3.openapi.json.gz", "http://localhost:8090/rest", "/rest"),
}


def load(folder: Path, profile: str) -> Document:
    """The document for a profile of the emulator. Raises `FileNotFoundError`.

    Exchanges are checked against the resources that the emulator has; searching all 417 for each would take long.
    """
    file, server, prefix = FILES[profile]
    with gzip.open(folder / "jira" / file, "rt", encoding="utf-8") as stream:
        document = _text_keys(json.load(stream))
    for correct in CORRECTIONS[profile]:
        correct(document)
    config = Config(spec_validator_cls=None, extra_format_validators={"date-time": _is_time, "uri": _is_text})
    served = {template.removeprefix(prefix) for _, template in JiraEmulator(profile=profile).routes.templates()}
    paths = {path: operations for path, operations in document["paths"].items() if path in served}
    api = OpenAPI.from_dict({**document, "paths": paths}, config=config)
    return Document(profile, api, document["paths"], server, prefix)


def _text_keys(node: Any) -> Any:
    """Every key as text, and examples that are JSON inside strings decoded."""
    if isinstance(node, list):
        return [_text_keys(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {str(key): _example(value) if key == "example" else _text_keys(value) for key, value in node.items()}


def _example(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _is_time(value: object) -> bool:
    """Jira's own examples write times with an offset without colon, which RFC 3339 does not know."""
    return isinstance(value, str) and "T" in value


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _progress_in_millis(document: Json) -> None:
    """BulkOperationProgress: times are date-time texts in the schema, and epoch milliseconds in its own example."""
    properties = document["components"]["schemas"]["BulkOperationProgress"]["properties"]
    for name in ("created", "started", "updated"):
        properties[name] = {"type": "integer", "format": "int64"}


def _nothing(document: Json) -> None:
    """204 is described with a JSON body, which HTTP forbids."""
    for path in document["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                operation.get("responses", {}).get("204", {}).pop("content", None)


def _lists(document: Json) -> None:
    """Data Center describes the answers of these as one object; they are lists of it (its own examples show that)."""
    remote = "/api/2/issue/{issueIdOrKey}/remotelink"
    for path in ("/api/2/field", "/api/2/project", "/api/2/issuetype", "/api/2/status", remote):
        content = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        content["schema"] = {"type": "array", "items": content["schema"]}


def _any_field(document: Json) -> None:
    """Data Center says that every field of an issue is an object; texts, numbers and lists are fields too."""
    schemas = document["components"]["schemas"]
    for bean in ("IssueBean", "IssueUpdateBean"):
        schemas[bean]["properties"]["fields"]["additionalProperties"] = {}


def _comma_lists(document: Json) -> None:
    """Data Center describes lists in a query as objects (StringList); they are comma-separated texts."""
    document["components"]["schemas"]["StringList"] = {"type": "string"}


def _personal_tokens(document: Json) -> None:
    """Data Center's document knows Basic only; its own introduction recommends personal access tokens (bearer)."""
    document["components"]["securitySchemes"]["bearer"] = {"type": "http", "scheme": "bearer"}
    for path in document["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and operation.get("security"):
                operation["security"].append({"bearer": []})


def _any_property(document: Json) -> None:
    """JsonNode lists the methods of a Java class; its own example shows that a property's value is any object."""
    document["components"]["schemas"]["JsonNode"] = {"type": "object"}


CORRECTIONS: dict[str, tuple[Callable[[Json], None], ...]] = {
    "cloud": (_progress_in_millis, _nothing, _any_property),
    "dc": (_lists, _any_field, _comma_lists, _personal_tokens),
}
