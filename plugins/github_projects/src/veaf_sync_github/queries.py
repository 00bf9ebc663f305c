"""The documents that are sent. What a server may lack is left out by `Server`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from veaf_sync_github.client import Server

SERVER = """query Server {
  viewer { login }
  project: __type(name: "ProjectV2") { fields { name args { name } } }
  issue: __type(name: "Issue") { fields { name } }
  issueField: __type(name: "ProjectV2ItemIssueFieldValue") { name }
  option: __type(name: "ProjectV2SingleSelectFieldOptionInput") { inputFields { name } }
  rateLimit { cost remaining resetAt }
}"""

MEMBERSHIPS = 20
"""Projects of an issue that are asked for. An issue that is in more shows only these."""


def projects(names: Sequence[tuple[str, int]], server: Server) -> str:
    """Projects by owner and number, `p0`, `p1` …; with their fields and the number of their items."""
    asked = "\n".join(
        f"  p{place}: repositoryOwner(login: $o{place})"
        f" {{ ... on ProjectV2Owner {{ projectV2(number: $n{place}) {{ ...Project }} }} }}"
        for place in range(len(names))
    )
    given = ", ".join(f"$o{place}: String!, $n{place}: Int!" for place in range(len(names)))
    return f"query Projects({given}) {{\n{asked}\n  rateLimit {{ cost remaining resetAt }}\n}}\n{_project(server)}"


def owned(server: Server) -> str:
    """A page of an owner's projects."""
    return f"""query Owned($login: String!, $after: String) {{
  repositoryOwner(login: $login) {{
    ... on ProjectV2Owner {{
      projectsV2(first: 50, after: $after) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ ...Project }} }}
    }}
  }}
  rateLimit {{ cost remaining resetAt }}
}}
{_project(server)}"""


def items(names: int, server: Server) -> str:
    """A page of a project's items, whole."""
    return f"""query Items($project: ID!, $first: Int!, $after: String{_fields_given(names)}) {{
  node(id: $project) {{
    ... on ProjectV2 {{
      items(first: $first, after: $after{_archived(server)}) {{
        pageInfo {{ hasNextPage endCursor }}
        nodes {{
          ...Place
          content {{ __typename ...Draft ...IssueWork ...PullWork }}
        }}
      }}
    }}
  }}
  rateLimit {{ cost remaining resetAt }}
}}
{_work(names, server)}"""


def works(names: int, server: Server) -> str:
    """Issues, pull requests and items of drafts by id, whole."""
    return f"""query Works($ids: [ID!]!{_fields_given(names)}) {{
  nodes(ids: $ids) {{
    __typename
    ...IssueWork
    ...PullWork
    ... on ProjectV2Item {{ ...Place content {{ __typename ...Draft }} }}
  }}
  rateLimit {{ cost remaining resetAt }}
}}
{_work(names, server)}"""


def numbered(count: int) -> str:
    """The ids of `count` issues or pull requests by repository and number: `i0 { issueOrPullRequest }`, `i1` …"""
    given = ", ".join(f"$o{place}: String!, $r{place}: String!, $n{place}: Int!" for place in range(count))
    asked = "\n".join(
        f"  i{place}: repository(owner: $o{place}, name: $r{place}) {{ issueOrPullRequest(number: $n{place})"
        " { ... on Issue { id } ... on PullRequest { id } } }"
        for place in range(count)
    )
    return f"query Numbered({given}) {{\n{asked}\n  rateLimit {{ cost remaining resetAt }}\n}}"


def sweep(server: Server) -> str:
    """A page of a project's items, thin: ids and both clocks, that of the item and that of its content."""
    return f"""query Sweep($project: ID!, $first: Int!, $after: String) {{
  node(id: $project) {{
    ... on ProjectV2 {{
      items(first: $first, after: $after{_archived(server)}) {{
        totalCount
        pageInfo {{ hasNextPage endCursor }}
        nodes {{
          id
          type
          updatedAt
          content {{
            ... on Issue {{ id updatedAt }}
            ... on PullRequest {{ id updatedAt }}
            ... on DraftIssue {{ updatedAt }}
          }}
        }}
      }}
    }}
  }}
  rateLimit {{ cost remaining resetAt }}
}}"""


def count(server: Server) -> str:
    """How many items a project holds."""
    return f"""query Count($project: ID!) {{
  node(id: $project) {{ ... on ProjectV2 {{ items(first: 1{_archived(server)}) {{ totalCount }} }} }}
  rateLimit {{ cost remaining resetAt }}
}}"""


def labels(places: Sequence[Sequence[str]]) -> str:
    """For each repository its id, and the labels of these names: `r0 { id l0 l1 … }`."""
    given = [
        f"$o{place}: String!, $r{place}: String!" + "".join(f", $l{place}_{n}: String!" for n in range(len(names)))
        for place, names in enumerate(places)
    ]
    asked = [
        f"  r{place}: repository(owner: $o{place}, name: $r{place}) {{ id "
        + " ".join(f"l{n}: label(name: $l{place}_{n}) {{ id name }}" for n in range(len(names)))
        + " }"
        for place, names in enumerate(places)
    ]
    return "query Labels({}) {{\n{}\n  rateLimit {{ cost remaining resetAt }}\n}}".format(
        ", ".join(given), "\n".join(asked)
    )


def target_fields(server: Server) -> str:
    """Projects by id, with their fields, the options of their choices and, of organisations, the issue fields."""
    shared = (
        """owner {
        ... on Organization {
          issueFields(first: 100) {
            nodes {
              ... on IssueFieldText { id name dataType }
              ... on IssueFieldSingleSelect { id name dataType options { id name } }
              ... on IssueFieldMultiSelect { id name dataType }
              ... on IssueFieldNumber { id name dataType }
              ... on IssueFieldDate { id name dataType }
            }
          }
        }
      }"""
        if server.issue_fields
        else ""
    )
    return f"""query TargetFields($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on ProjectV2 {{
      fields(first: 100) {{
        nodes {{
          ... on ProjectV2FieldCommon {{ id name dataType }}
          ... on ProjectV2SingleSelectField {{ options {{ id name color description }} }}
        }}
      }}
      {shared}
    }}
  }}
  rateLimit {{ cost remaining resetAt }}
}}"""


def mutations(calls: Sequence[tuple[str, str]]) -> str:
    """One mutation with an alias for each call: (`addLabelsToLabelable`, its payload's selection); `$i0`, `$i1` …"""
    given = ", ".join(f"$i{n}: {name[0].upper()}{name[1:]}Input!" for n, (name, _) in enumerate(calls))
    asked = "\n".join(f"  m{n}: {name}(input: $i{n}) {{ {shown} }}" for n, (name, shown) in enumerate(calls))
    return f"mutation Changes({given}) {{\n{asked}\n}}"


def _archived(server: Server) -> str:
    return ", archivedStates: [ARCHIVED, NOT_ARCHIVED]" if server.archived else ""


def _project(server: Server) -> str:
    return f"""fragment Project on ProjectV2 {{
  id
  number
  title
  url
  closed
  owner {{ ... on Organization {{ login }} ... on User {{ login }} }}
  items(first: 1{_archived(server)}) {{ totalCount }}
  fields(first: 100) {{ nodes {{ ... on ProjectV2FieldCommon {{ id name dataType }} }} }}
}}"""


def _fields_given(names: int) -> str:
    return "".join(f", $f{n}: String!" for n in range(names))


def _work(names: int, server: Server) -> str:
    """The fragments of whole items; `names` project fields are asked for by name, which costs no points."""
    values = "\n".join(f"  f{n}: fieldValueByName(name: $f{n}) {{ ...Value }}" for n in range(names))
    own = "issueType { name }" if server.issue_types else ""
    tree = "parent { number repository { nameWithOwner } }" if server.sub_issues else ""
    common = f"""id
  number
  title
  bodyText
  url
  createdAt
  updatedAt
  closedAt
  labels(first: 100) {{ nodes {{ name }} }}
  assignees(first: 20) {{ nodes {{ login }} }}
  milestone {{ title }}
  repository {{ nameWithOwner }}
  projectItems(first: {MEMBERSHIPS}, includeArchived: true) {{ nodes {{ ...Place }} }}"""
    mirrored = (
        """
  ... on ProjectV2ItemIssueFieldValue {
    issueFieldValue {
      ... on IssueFieldSingleSelectValue { name }
      ... on IssueFieldTextValue { text: value }
      ... on IssueFieldNumberValue { number: value }
      ... on IssueFieldDateValue { date: value }
      ... on IssueFieldMultiSelectValue { options { name } }
    }
  }"""
        if server.issue_fields
        else ""
    )
    return f"""fragment Place on ProjectV2Item {{
  id
  fullDatabaseId
  type
  isArchived
  updatedAt
  project {{ id }}
{values}
}}
fragment Draft on DraftIssue {{
  title
  bodyText
  createdAt
  updatedAt
  assignees(first: 20) {{ nodes {{ login }} }}
}}
fragment IssueWork on Issue {{
  {common}
  state
  {own}
  {tree}
}}
fragment PullWork on PullRequest {{
  {common}
  pullState: state
}}
fragment Value on ProjectV2ItemFieldValue {{
  __typename
  ... on ProjectV2ItemFieldTextValue {{ text }}
  ... on ProjectV2ItemFieldNumberValue {{ number }}
  ... on ProjectV2ItemFieldDateValue {{ date }}
  ... on ProjectV2ItemFieldSingleSelectValue {{ name }}
  ... on ProjectV2ItemFieldIterationValue {{ title }}{mirrored}
}}"""
