"""`python -m veaf_sync` is `veaf-sync`."""

import sys

from veaf_sync.cli import main

if __name__ == "__main__":
    sys.exit(main())
