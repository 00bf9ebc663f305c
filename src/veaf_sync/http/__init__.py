"""HTTP as every connector does it: one session, held to its hosts, its limits and a deadline.

`Session` is a `requests.Session`, so that it serves a connector's own calls and a vendor's client library
alike. Its adapter sets time-outs always, repeats only what may be repeated, waits as long as it is told and
never shorter, shares those waits among all workers, and reads no body beyond its cap or deadline.
"""

from veaf_sync.http.answers import Answer, Unavailable, Unreadable
from veaf_sync.http.auth import Credential, NoCredential
from veaf_sync.http.bucket import TokenBucket
from veaf_sync.http.budget import Budget, Endpoint
from veaf_sync.http.limits import Limits, Patience, Throttled
from veaf_sync.http.session import Session
from veaf_sync.http.waits import retry_after, server_time, told_wait
from veaf_sync.http.wording import tidy

__all__ = [
    "Answer",
    "Budget",
    "Credential",
    "Endpoint",
    "Limits",
    "NoCredential",
    "Patience",
    "Session",
    "Throttled",
    "TokenBucket",
    "Unavailable",
    "Unreadable",
    "retry_after",
    "server_time",
    "tidy",
    "told_wait",
]
