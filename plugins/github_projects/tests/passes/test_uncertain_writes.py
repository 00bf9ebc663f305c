"""Writes whose outcome GitHub does not say, or says wrongly: what stands is ours, and nothing of people is lost."""

from __future__ import annotations

import json

import pytest

from veaf_sync import config as configuration
from veaf_sync.emulator import Meanwhile, Response, Rewrite, Status
from veaf_sync.plugins import Registry
from veaf_sync.store import Filters, open_store
from veaf_sync.sync import Sources, apply_plan, make_plan, run_sync
from veaf_sync_github.connector import GitHubConnector

STRATEGY = "vision: {title: V, narrative: N}\nobjectives: [{id: fast, title: F}, {id: cheap, title: C}]\n"
STATED = 'stated: [{from: labels, pattern: "okr:(?P<objective>[a-z]+)"}]\n'
FIELD = "stated: [{from: fields.Objective}]\n"
BUG = {"data": None, "errors": [{"message": "Something went wrong while executing your query."}]}
REGISTRY = Registry(connectors={"github_projects": GitHubConnector}, emulators={}, failures=(), described=())


@pytest.fixture
def organisation(clock, tmp_path, monkeypatch):
    """`sync(site, tag, objective)` runs a writing pass that wants `objective` everywhere; `sync.store` is the store."""
    with open_store("sqlite:///a.db", folder=tmp_path) as store:

        def config(site, tag, objective):
            for name, value in site.environment.items():
                monkeypatch.setenv(name, value)
            source = {**site.source(), "tag": tag, "guards": {"clears": {"count": 50, "share": 1}}}
            texts = {
                "veaf-sync.yaml": json.dumps({"version": 1, "sources": {"hub": source}}),
                "strategy.yaml": STRATEGY,
                "mapping.yaml": (FIELD if "field" in tag else STATED)
                + f"rules: [{{name: all, when: {{}}, objective: {objective}}}]\n",
            }
            return configuration.load_texts(texts, REGISTRY.connectors, at=clock.now())

        def sync(site, tag, objective):
            clock.advance(3600)
            return run_sync(config(site, tag, objective), REGISTRY, store, clock, write=True)

        sync.store, sync.config = store, config
        yield sync


def origins(store, result):
    return set(store.results.list(result.run.id, filters=Filters(counted_only=False))["origin"])


def test_an_error_behind_which_all_was_done(github, clock, many, organisation):
    site = github(items=many(25, "acme/1"), clock=clock)
    site.faults.add(
        Rewrite(lambda _: Response.of(BUG)), when=lambda request: b"addLabelsToLabelable" in request.body, times=1
    )
    tag = {"label": "okr:{objective}"}
    organisation(site, tag, "fast")
    assert set(site.tags().values()) == {("okr:fast",)}
    result = organisation(site, tag, "cheap")
    assert origins(organisation.store, result) == {"rule"}, "our own labels are nobody's statement"
    assert set(site.tags().values()) == {("okr:cheap",)}


def fields(site, *projects):
    made = [site.state.add_field(site.state.project(name), "Objective", "SINGLE_SELECT") for name in projects]
    for field in made:
        field.option("fast")
        field.option("cheap")
    return made


def test_one_of_two_projects_refuses(github, clock, many, organisation):
    site = github(items=many(1, "acme/1", "acme/2"), clock=clock)
    fields(site, "acme/1", "acme/2")
    versions = iter(range(100))

    def changed():  # somebody makes the choice anew before every write
        site.state.project("acme/2").fields["Objective"].options[0].id = f"another{next(versions)}"

    site.faults.add(
        Meanwhile(changed), when=lambda request: b"updateProjectV2ItemFieldValue" in request.body, times=None
    )
    organisation(site, {"field": "Objective"}, "fast")
    site.faults.clear()
    result = organisation(site, {"field": "Objective"}, "cheap")
    assert origins(organisation.store, result) == {"rule"}


def test_a_token_that_ends_between_two_requests_of_a_batch(github, clock, many, organisation):
    site = github(items=many(20, "acme/1", "acme/2", "acme/3"), clock=clock)
    fields(site, "acme/1", "acme/2", "acme/3")
    seen = []

    def second(request):
        seen.extend([1] if b"updateProjectV2ItemFieldValue" in request.body else [])
        return len(seen) == 2 and b"updateProjectV2ItemFieldValue" in request.body

    site.faults.add(Status(401), when=second, times=1)
    organisation(site, {"field": "Objective"}, "fast")
    result = organisation(site, {"field": "Objective"}, "cheap")
    assert origins(organisation.store, result) == {"rule"}


def test_a_choice_that_a_person_makes_while_a_plan_is_read_stays(github, clock, many, organisation):
    site = github(items=many(3, "acme/1"), clock=clock)
    field = site.state.add_field(site.state.project("acme/1"), "Objective", "SINGLE_SELECT")
    store, config = organisation.store, organisation.config(site, {"field": "Objective"}, "fast")
    with Sources(config, REGISTRY, clock) as opened:
        run = run_sync(config, REGISTRY, store, clock).run
        planned = make_plan(config, REGISTRY, store, clock, run, opened=opened)  # shown to a person, who reads it
        field.option("customer-promise")
        apply_plan(planned.plan, config, REGISTRY, store, clock, opened=opened)
    names = [option.name for option in site.state.project("acme/1").fields["Objective"].options]
    assert names == ["customer-promise", "fast"]


LIMIT = {"data": None, "errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}]}
MANY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}


@pytest.mark.parametrize("status", [200, 403])
def test_a_field_that_a_person_sets_while_we_wait_stays(github, clock, many, organisation, status):
    site = github(items=many(5, "acme/1"), clock=clock)
    fields(site, "acme/1")
    tag = {"field": "Objective"}
    organisation(site, tag, "fast")

    def person(request):
        if b"updateProjectV2ItemFieldValue" not in request.body:
            return False
        site.state.project("acme/1").fields["Objective"].option("theirs")
        site.set_field("acme/shop#3", "acme/1", "Objective", "theirs")
        return True

    said = json.dumps(LIMIT if status == 200 else MANY).encode()
    site.faults.add(Status(status, {"Retry-After": "90"}, said), when=person, times=1)
    result = organisation(site, tag, "cheap")
    assert sorted(outcome.result for outcome in result.outcomes) == ["applied"] * 4 + ["conflict"]
    values = {item.content.key: item.values["Objective"] for item in site.state.items.values()}
    assert values == {f"acme/shop#{number}": "theirs" if number == 3 else "cheap" for number in range(1, 6)}


def test_an_item_of_two_projects_is_written_whole_where_a_limit_falls_between(github, clock, many, organisation):
    """Of an item that was begun the rest follows behind the wait; the others are looked at again."""
    site = github(items=many(3, "acme/1", "acme/2"), clock=clock)
    fields(site, "acme/1", "acme/2")

    def half(answer):
        body = json.loads(answer.body)
        for n in range(1, 6):
            body["data"][f"m{n}"] = None
        for item in site.state.items.values():
            if (item.content.key, item.project.number) != ("acme/shop#1", 1):
                item.values.clear()
        body["errors"] = [{**LIMIT["errors"][0], "path": [f"m{n}"]} for n in range(1, 6)]
        return Response.of(body, 200, {"Retry-After": "30"})

    word = b"updateProjectV2ItemFieldValue"
    site.faults.add(Rewrite(half), when=lambda request: word in request.body, times=1)
    result = organisation(site, {"field": "Objective"}, "fast")
    assert {outcome.result for outcome in result.outcomes} == {"applied"}
    assert [request.body.count(word) for request in site.requests if word in request.body] == [6, 1, 4], (
        "the other half of the first item, then the two others behind a fresh look"
    )
    assert {item.values["Objective"] for item in site.state.items.values()} == {"fast"}
