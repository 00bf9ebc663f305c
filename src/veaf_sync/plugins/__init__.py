"""Plugins: loaded one by one, so that a broken one is named while the rest works; and a new one to start from.

A plugin is a module with hook implementations (see `veaf_sync.hookspecs`): an entry point of the group
`veaf_sync`, or a file of the folder that `plugins_dir` of the configuration names. It is trusted with
the process (it is code that somebody installed), but not with the other plugins' lives.
"""

from veaf_sync.plugins.loading import (
    GROUP,
    TRACE,
    PluginFailure,
    PluginInfo,
    Registry,
    load,
    load_entry_points,
)
from veaf_sync.plugins.starting import start_distribution, start_file

__all__ = [
    "GROUP",
    "TRACE",
    "PluginFailure",
    "PluginInfo",
    "Registry",
    "load",
    "load_entry_points",
    "start_distribution",
    "start_file",
]
