"""A first strategy and mapping, drafted from what is there: vendors' goals, a spreadsheet, labels, top-level items.

`look` asks a source who we are and what is visible, `draft` reads it and writes the three documents, `sheet` reads
a spreadsheet of objectives. Everything drafted is `state: draft`: nothing is planned in a tool before
`strategy activate`.
"""

from veaf_sync.drafting.drafting import Drafted, Shown, draft, look
from veaf_sync.drafting.entry import Entry
from veaf_sync.drafting.sheet import sheet

__all__ = ["Drafted", "Entry", "Shown", "draft", "look", "sheet"]
