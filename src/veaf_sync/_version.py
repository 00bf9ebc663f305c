"""The one version of the core and of the connectors in this repository."""

__version__ = "0.1.0"
