"""The report: one self-contained HTML file, and the same answers as Markdown, CSV and JSON.

It renders what `read` answers and computes nothing; every format says the same totals.
"""

from veaf_sync.report.pack import Pack, gather
from veaf_sync.report.writing import FORMATS, write, write_pack

__all__ = ["FORMATS", "Pack", "gather", "write", "write_pack"]
