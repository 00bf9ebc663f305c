"""The command line. `main` is the program's entry; the commands load only when they are called.

Measured: click takes 0.03 s, Polars 0.16 s, SQLAlchemy 0.2 s, Alembic 0.35 s. So nothing here and no command module
imports them at the top: a command's function does, when it runs.
"""

from veaf_sync.cli.app import main

__all__ = ["main"]
