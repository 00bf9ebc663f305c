"""Adding and removing labels of issues and pull requests: many in one request, each with an outcome of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from veaf_sync.connector import Preview, Refusal
from veaf_sync.connector.texts import clean
from veaf_sync.model import Outcome, Result, TagChange
from veaf_sync_github import queries
from veaf_sync_github.client import Client
from veaf_sync_github.sending import AT_ONCE, Call, send

COLOUR = "1d76db"
_LONGEST = 50
_REPOSITORIES = 20


class LabelWriting:
    """Writes labels. A label's id belongs to its repository; what is missing there is created once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ids: dict[tuple[str, str], str | None] = {}
        self._repositories: dict[str, str] = {}
        self._spelt: dict[tuple[str, str], str] = {}
        """Labels that are there in another case, which GitHub does not tell apart: how they are spelt."""
        self._lock = threading.Lock()

    def preview(self, changes: Sequence[TagChange]) -> Preview:
        """Requests and refusals that writing `changes` would bring; asks which labels are there. Nobody is mailed."""
        self._learn([change for change in changes if not _refusal(change)])
        refused = [Refusal(change, reason) for change in changes if (reason := self._refusal(change))]
        hopeless = {id(refusal.change) for refusal in refused}
        good = [change for change in changes if id(change) not in hopeless]
        wanted = {(_repository(change), name) for change in good for name in change.adds}
        creating = sum(self._ids.get(place) is None for place in wanted)
        return Preview(-(-creating // AT_ONCE) + -(-len(good) // AT_ONCE), tuple(refused))

    def write(self, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        """Write a batch, one outcome a change. Raises `AuthError` and `Incomplete` where nothing is known of any."""
        self._learn([change for change in batch if not _refusal(change)])
        good = [change for change in batch if not self._refusal(change)]
        failed = self._create({(_repository(change), name) for change in good for name in change.adds})
        calls: list[Call] = []
        for change in good:
            for name, values in (("addLabelsToLabelable", change.adds), ("removeLabelsFromLabelable", change.removes)):
                ids = [id_ for value in values if (id_ := self._ids.get((_repository(change), value)))]
                if ids:
                    calls.append(Call(change, name, {"labelableId": change.item.id, "labelIds": ids}))
        sent = send(self._client, calls, f"Writing labels of {len(good)} items")
        reasons = {failure.call.change.item.id: failure.message for failure in sent}
        for change in good:
            for name in change.adds:
                if (place := (_repository(change), name)) in failed:
                    reasons[change.item.id] = failed[place]
        return [_outcome(change, self._refusal(change) or reasons.get(change.item.id, "")) for change in batch]

    def _refusal(self, change: TagChange) -> str:
        """Why a change cannot be written, after `_learn`; "" where it can."""
        for label in change.adds:
            if spelt := self._spelt.get((_repository(change), label)):
                return f"{_repository(change)} has the label {spelt!r}, and GitHub does not tell case apart: rename it."
        return _refusal(change)

    def _learn(self, changes: Sequence[TagChange]) -> None:
        """Ask for the ids of the labels that are not known yet, several repositories a request."""
        with self._lock:
            missing: dict[str, set[str]] = {}
            for change in changes:
                for name in (*change.adds, *change.removes):
                    if (_repository(change), name) not in self._ids:
                        missing.setdefault(_repository(change), set()).add(name)
            places = [(repository, sorted(names)) for repository, names in sorted(missing.items())]
            for start in range(0, len(places), _REPOSITORIES):
                self._ask(places[start : start + _REPOSITORIES])

    def _ask(self, places: Sequence[tuple[str, Sequence[str]]]) -> None:
        what = "Asking for labels"
        variables: dict[str, Any] = {}
        for n, (repository, names) in enumerate(places):
            owner, _, name = repository.partition("/")
            variables |= {f"o{n}": owner, f"r{n}": name, **{f"l{n}_{m}": label for m, label in enumerate(names)}}
        result = self._client.ask(queries.labels([names for _, names in places]), variables, what)
        for error in result.errors:
            if not error.missing:
                raise error.raised(what)
        for n, (repository, names) in enumerate(places):
            raw = result.data.get(f"r{n}")
            if not isinstance(raw, dict):
                continue
            self._repositories[repository] = str(raw.get("id"))
            for m, label in enumerate(names):
                shown = raw.get(f"l{m}")
                self._ids[repository, label] = str(shown["id"]) if isinstance(shown, dict) else None
                if isinstance(shown, dict) and shown.get("name") != label:
                    self._spelt[repository, label] = clean(shown.get("name"))

    def _create(self, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Create the labels that their repositories lack; why that failed, by repository and name."""
        missing = sorted(place for place in wanted if self._ids.get(place) is None)
        failed = {place: "the repository is not visible" for place in missing if place[0] not in self._repositories}
        missing = [place for place in missing if place not in failed]
        for start in range(0, len(missing), AT_ONCE):
            chunk = missing[start : start + AT_ONCE]
            result = self._client.change(
                queries.mutations([("createLabel", "label { id }")] * len(chunk)),
                {
                    f"i{n}": {"repositoryId": self._repositories[repository], "name": name, "color": COLOUR}
                    for n, (repository, name) in enumerate(chunk)
                },
                f"Creating {len(chunk)} labels",
            )
            for n, place in enumerate(chunk):
                made = result.data.get(f"m{n}")
                errors = result.under(f"m{n}") or result.errors
                if isinstance(made, dict) and isinstance(made.get("label"), dict):
                    self._ids[place] = str(made["label"]["id"])
                else:
                    said = errors[0].message if errors else "GitHub did not say why"
                    failed[place] = f"The label {place[1]!r} could not be created in {place[0]}: {said}"
        return failed


def _repository(change: TagChange) -> str:
    return change.key.partition("#")[0]


def _refusal(change: TagChange) -> str:
    """Why GitHub would not take a change; "" where it would."""
    if "#draft-" in change.key:
        return "A draft has no labels; convert it to an issue first."
    for label in change.adds:
        if len(label) > _LONGEST:
            return f"The label {label[:40]!r}… is longer than {_LONGEST} characters."
    return ""


def _outcome(change: TagChange, reason: str) -> Outcome:
    return Outcome(change.item, Result.FAILED if reason else Result.APPLIED, reason)
