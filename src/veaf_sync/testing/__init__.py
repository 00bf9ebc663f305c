"""For authors of connectors: the contract as tests to inherit, and a tool in memory that passes them.

```python
from veaf_sync.testing import ConnectorContract, Subject

class TestMyConnector(ConnectorContract):
    @pytest.fixture
    def subject(self, tmp_path) -> Subject: ...
```
"""

from veaf_sync.clock import ManualClock
from veaf_sync.testing.contract import ConnectorContract, Subject
from veaf_sync.testing.drill import DrillSubject
from veaf_sync.testing.drills import FaultDrills, proves
from veaf_sync.testing.memory import MemoryConnector, MemorySettings, MemorySubject, MemoryTool

__all__ = [
    "ConnectorContract",
    "DrillSubject",
    "FaultDrills",
    "ManualClock",
    "MemoryConnector",
    "MemorySettings",
    "MemorySubject",
    "MemoryTool",
    "Subject",
    "proves",
]
