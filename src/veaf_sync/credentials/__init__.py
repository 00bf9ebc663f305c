"""References to secrets, and redaction.

A configuration names where a secret is (`env:NAME`, `file:PATH`, `keyring:SERVICE/USER`, or
`cmd: [program, argument …]`), never the secret itself. It is resolved when a request is made, once per
reference and process. Every resolved value is remembered here so that `redact` can take it out of any
log line, error, plan or `repr`.
"""

from veaf_sync.credentials.redaction import MASK, redact, remember
from veaf_sync.credentials.secret import Secret

__all__ = ["MASK", "Secret", "redact", "remember"]
