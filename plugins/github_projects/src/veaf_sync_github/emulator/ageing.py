"""The schema of older Enterprise Servers, made from ours by leaving out what they do not have."""

from __future__ import annotations

import re

_LEFT_OUT = (
    r"^ *archivedStates: .*\n",
    r"^ *issueType: IssueType\n",
    r"^ *parent: Issue\n",
    r"^  \| ProjectV2ItemIssueFieldValue\n",
    r"^type ProjectV2ItemIssueFieldValue .*\n",
    r"^  issueFields\(after.*\n",
    r"^  setIssueFieldValue\(.*\n",
    r"(?<=^input ProjectV2SingleSelectFieldOptionInput \{\n  color: ProjectV2SingleSelectFieldOptionColor!\n"
    r"  description: String!\n)  id: String\n",
)


def aged(schema: str) -> str:
    """`schema` without archived items, issue types, sub-issues and issue fields."""
    for pattern in _LEFT_OUT:
        schema = re.sub(pattern, "", schema, flags=re.MULTILINE)
    return schema
