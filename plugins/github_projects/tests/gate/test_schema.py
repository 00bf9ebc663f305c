"""Our part of the schema and our documents against the vendor's own, and recorded answers through our reading."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest
from graphql import (
    is_enum_type,
    is_input_object_type,
    is_introspection_type,
    is_scalar_type,
    is_specified_scalar_type,
    is_union_type,
    parse,
    validate,
)

from veaf_sync.errors import SourceError
from veaf_sync_github import queries
from veaf_sync_github.client import Server
from veaf_sync_github.emulator import own_schema
from veaf_sync_github.judging import read_result

NEW = Server("u", datetime(2026, 11, 24, tzinfo=UTC), True, True, True, True, True)
OLD = Server("u", datetime(2026, 11, 24, tzinfo=UTC), False, False, False, False, False)


def documents(server):
    return {
        "server": queries.SERVER,
        "projects": queries.projects([("acme", 1), ("acme", 2)], server),
        "owned": queries.owned(server),
        "items": queries.items(3, server),
        "works": queries.works(3, server),
        "numbered": queries.numbered(2),
        "sweep": queries.sweep(server),
        "count": queries.count(server),
        "target fields": queries.target_fields(server),
        "labels": queries.labels([["a", "b"], ["c"]]),
        "write": queries.mutations(
            [
                ("addLabelsToLabelable", "clientMutationId"),
                ("removeLabelsFromLabelable", "clientMutationId"),
                ("createLabel", "label { id }"),
                ("updateProjectV2ItemFieldValue", "clientMutationId"),
                ("clearProjectV2ItemFieldValue", "clientMutationId"),
                *([("setIssueFieldValue", "clientMutationId")] if server.issue_fields else []),
                (
                    "updateProjectV2Field",
                    "projectV2Field { ... on ProjectV2SingleSelectField { options { id name } } }",
                ),
            ]
        ),
    }


@pytest.fixture
def vendor(vendor_schema):
    if vendor_schema is None:
        pytest.skip("the vendor's schema is not beside the checkout")
    return vendor_schema


def test_our_part_of_the_schema_agrees_with_the_vendors(vendor):
    own = own_schema()
    for name, ours in own.type_map.items():
        if is_introspection_type(ours) or is_specified_scalar_type(ours):
            continue
        theirs = vendor.type_map.get(name)
        assert theirs is not None, name
        assert type(theirs) is type(ours), name
        if is_scalar_type(ours):
            continue
        if is_enum_type(ours):
            assert set(ours.values) <= set(theirs.values), name
        elif is_union_type(ours):
            assert {t.name for t in ours.types} <= {t.name for t in theirs.types}, name
        else:
            if not is_input_object_type(ours):
                assert {i.name for i in ours.interfaces} <= {i.name for i in theirs.interfaces}, name
            for field, mine in ours.fields.items():
                assert field in theirs.fields, f"{name}.{field}"
                assert str(mine.type) == str(theirs.fields[field].type), f"{name}.{field}"
                for arg, given in getattr(mine, "args", {}).items():
                    assert str(given.type) == str(theirs.fields[field].args[arg].type), f"{name}.{field}({arg})"


@pytest.mark.parametrize("name", documents(NEW))
def test_every_document_of_ours_is_good_on_the_vendors_schema(vendor, name):
    for server in (NEW, OLD):
        assert validate(vendor, parse(documents(server)[name])) == []


@pytest.mark.parametrize("name", documents(NEW))
def test_every_document_of_ours_is_good_on_our_part_of_it(name):
    assert validate(own_schema(), parse(documents(NEW)[name])) == []


@pytest.mark.parametrize("name", documents(OLD))
def test_older_servers_are_not_asked_for_what_they_do_not_know(name):
    assert validate(own_schema(old=True), parse(documents(OLD)[name])) == []


def recorded(contracts):
    pairs = json.loads(gzip.decompress((contracts / "recorded-projectv2.json.gz").read_bytes()))
    for scenario, exchanges in sorted(pairs.items()):
        for exchange in exchanges:
            yield scenario, exchange


def test_recorded_answers_are_read_as_what_they_are(contracts, vendor):
    if contracts is None:
        pytest.skip("the recorded answers are not beside the checkout")
    kinds, seen = set(), 0
    for scenario, exchange in recorded(contracts):
        body = exchange["response"]["data"]
        result = read_result(body, scenario)
        seen += 1
        assert len(result.errors) == len(body.get("errors") or ())
        assert dict(result.data) == (body.get("data") or {})
        for error in result.errors:
            kinds.add(error.kind)
            assert isinstance(error.raised(scenario), SourceError)
            assert not error.limited
            if error.path:
                assert error in result.under(error.path[0])
    assert seen == 173
    assert {"NOT_FOUND", "UNPROCESSABLE"} <= kinds
