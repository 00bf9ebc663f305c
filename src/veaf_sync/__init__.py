"""veaf-sync: does our work serve our strategy?

The core knows no vendor. Connectors are plugins (see `veaf_sync.connector`); a plugin declares the
`API` it was written for, and the core refuses another by name.
"""

from veaf_sync._version import __version__

API = 1
"""Version of the plugin contract: `veaf_sync.connector`, `model`, `http`, `emulator`, `hookspecs`, `testing`."""

__all__ = ["API", "__version__"]
