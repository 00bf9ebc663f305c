"""An emulator of Jira Cloud and Jira Data Center for the demo, the sandbox and the tests.

with JiraEmulator(profile="cloud") as jira:
    jira.load(items)                 # neutral work items; or load_payloads(recorded issues)
    jira.knobs.index_lag = 200       # how the site behaves
    jira.edit("PAY-1", labels=["x"]) # what people do meanwhile
    jira.faults.add(Throttle(1), path="/search", times=3)
"""

from veaf_sync_jira.emulator.emulator import JiraEmulator
from veaf_sync_jira.emulator.knobs import Knobs

__all__ = ["JiraEmulator", "Knobs"]
