"""The table of commands: what exists, in which group, in which order, and the line that `--help` shows.

A command named `status` is the object `command` of the module `veaf_sync.cli.status`.
"""

from __future__ import annotations

from collections.abc import Mapping

GROUPS: Mapping[str, Mapping[str, str]] = {
    "Every day": {
        "sync": "Pull the tools, map, measure; with --write also write the tags.",
        "status": "One screen: coverage, objectives, oldest orphans, what waits.",
        "coverage": "How much of the work serves the strategy, in four weights.",
        "orphans": "Work that serves nothing, with the reason and the closest fix.",
        "items": "The work items behind any number.",
        "objectives": "Planned and actual share of every objective, and its state.",
        "explain": "Why an item has its verdict, and what would align it.",
        "report": "Write the report: html, csv, md, json.",
    },
    "Write tags back": {
        "plan": "What would change in the tools; writes nothing there.",
        "show": "Everything in a plan file.",
        "apply": "Write exactly a reviewed plan, or plan, show and ask.",
        "undo": "Take back exactly what a run wrote, where nobody changed it since.",
    },
    "Set up and try": {
        "init": "Write a commented configuration.",
        "strategy": "Drafted objectives become active after review: strategy activate.",
        "check": "Validate the configuration; with --online also every source.",
        "demo": "The whole loop against local emulators, no account needed.",
        "sandbox": "Serve the emulators until stopped, with a configuration for them.",
    },
    "Look inside": {
        "runs": "The last runs.",
        "audit": "Who changed what, when, on whose plan; verify proves that nobody altered it.",
        "store": "The database of everything that was read and written: store backup.",
        "plugins": "Connectors in use, and why one did not load; new starts one.",
        "schema": "JSON Schemas of the configuration and of every JSON output.",
    },
}
