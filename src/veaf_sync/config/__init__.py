"""The configuration: three YAML files that people write, as one frozen `Config`, or all their problems at once.

`veaf-sync.yaml` says where the work is, `strategy.yaml` what the organisation wants, `mapping.yaml` which work
serves what. The connectors' settings come in as an argument: this room knows no plugin.
"""

from veaf_sync.config.activating import activate, activated, drafts
from veaf_sync.config.folder import (
    DOCUMENTS,
    MAPPING,
    SCHEMAS,
    SETTINGS,
    STRATEGY,
    find_folder,
    refuse_overwriting,
    scaffold,
    write_documents,
)
from veaf_sync.config.load import Config, Inspection, inspect, load, load_texts
from veaf_sync.config.place import Place, find_place
from veaf_sync.config.schema import DocumentName, json_schema
from veaf_sync.config.settings import Settings

__all__ = [
    "DOCUMENTS",
    "MAPPING",
    "SCHEMAS",
    "SETTINGS",
    "STRATEGY",
    "Config",
    "DocumentName",
    "Inspection",
    "Place",
    "Settings",
    "activate",
    "activated",
    "drafts",
    "find_folder",
    "find_place",
    "inspect",
    "json_schema",
    "load",
    "load_texts",
    "refuse_overwriting",
    "scaffold",
    "write_documents",
]
