"""The page: every number opens its items, nothing is loaded, nothing from a tracker is obeyed."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

import polars as pl
import pytest

from veaf_sync.report.html import render
from veaf_sync.report.pack import Pack

VOID = {"meta", "br", "link", "img", "input", "rect", "line", "circle", "polygon", "polyline"}
LOADS = {"src", "srcset", "poster", "data", "action", "formaction", "background", "xlink:href", "style"}
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\u202egnp\u2066.exe\x1b[31m\x07\u200b'


@dataclass
class Row:
    """A row behind the numbers: its verdict, tokens, and shares by objective token."""

    verdict: str
    tokens: frozenset[str]
    shares: Mapping[str, float]


@dataclass
class Page(HTMLParser):
    """What a browser would make of the page."""

    text: str
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    verdict: str = ""
    _stack: list[str] = field(default_factory=list)
    _inline: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.text)
        self.close()
        assert self._stack == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        if tag not in VOID:
            self._stack.append(tag)
        if tag == "details":
            self.verdict = found["data-verdict"]
        if tag == "tr" and "data-f" in found:
            pairs = [pair.split(":") for pair in found.get("data-w", "").split()]
            shares = {token: float(share) for token, share in pairs}
            self.rows.append(Row(self.verdict, frozenset(found["data-f"].split()), shares))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._stack and self._stack[-1] in ("style", "script"):
            self._inline[self._stack[-1]] = self._inline.get(self._stack[-1], "") + data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def numbers(self) -> list[dict[str, str]]:
        return [attrs for attrs in self.all("a") if "data-value" in attrs]

    def behind(self, number: Mapping[str, str]) -> float:
        """What the rows that `number` opens come to, split items by the shares asked for."""
        wanted = set(number["data-f"].split())
        found = 0.0
        for row in self.rows:
            asked = number["data-v"] or (row.verdict if row.verdict != "moved" else "")
            if asked == row.verdict and (not wanted or wanted & row.tokens):
                split = row.shares and any(token[0] == "o" for token in wanted)
                found += sum(row.shares.get(token, 0.0) for token in wanted) if split else 1.0
        return found


@pytest.fixture
def page(pack: Pack) -> Page:
    return Page(render(pack))


def test_every_number_opens_exactly_the_items_it_counts(page: Page) -> None:
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    assert len(page.numbers) > 100
    for number in page.numbers:
        assert number["href"].removeprefix("#") in ids
        assert page.behind(number) == pytest.approx(float(number["data-value"]), abs=1e-9), number


def test_every_counted_item_stands_behind_the_numbers_once(page: Page, pack: Pack) -> None:
    counted = [row for row in page.rows if row.verdict != "moved"]
    assert len(counted) == pack.rows.height == pack.status.weights.count.total == 412
    everything = [number for number in page.numbers if not number["data-v"] and not number["data-f"]]
    assert {float(number["data-value"]) for number in everything} == {412.0}


def test_every_anchor_leads_somewhere(page: Page) -> None:
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    anchors = [attrs["href"][1:] for attrs in page.all("a") if attrs["href"].startswith("#")]
    assert set(anchors) <= set(ids)
    described = [attrs["aria-labelledby"] for _, attrs in page.tags if "aria-labelledby" in attrs]
    assert set(described) <= set(ids)


def test_the_page_loads_nothing_and_links_only_into_the_tools(page: Page) -> None:
    for tag, attrs in page.tags:
        assert tag not in ("link", "iframe", "img", "object", "embed", "base", "form", "audio", "video")
        assert not LOADS & attrs.keys(), (tag, attrs)
        assert not [name for name in attrs if name.startswith("on")]
    external = [attrs for attrs in page.all("a") if not attrs["href"].startswith("#")]
    assert external
    assert all(re.match(r"https://[a-z.]+/", attrs["href"]) and "noopener" in attrs["rel"] for attrs in external)
    assert "url(" not in page._inline["style"].replace("url(#hatch)", "")
    assert "@import" not in page._inline["style"]
    assert not re.search(r"fetch|XMLHttp|import\(|https?:", page._inline["script"])


def test_only_our_own_style_and_script_may_run(page: Page) -> None:
    policy = next(attrs["content"] for attrs in page.all("meta") if attrs.get("http-equiv"))
    assert policy.startswith("default-src 'none'")
    for name in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page._inline[name].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert len(page.all("script")) == len(page.all("style")) == 1


def test_nothing_that_a_tracker_says_is_obeyed(firm: Any) -> None:
    plain = Page(render(firm.pack()))
    firm.text = lambda text: text + EVIL
    for work in firm.works[:200]:
        work["url"] = "javascript:alert(1)"
    text = render(firm.pack())
    hostile = Page(text)
    assert [tag for tag, _ in hostile.tags if tag != "a"] == [tag for tag, _ in plain.tags if tag != "a"]
    assert not [name for _, attrs in hostile.tags for name in attrs if name.startswith("on")]
    assert not [attrs for attrs in hostile.all("a") if not re.match(r"#|https?://", attrs["href"])]
    assert not re.search("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f]", text)
    assert "alert(1)" in text  # it is shown
    for number in hostile.numbers:
        assert hostile.behind(number) == pytest.approx(float(number["data-value"]), abs=1e-9)


@pytest.mark.parametrize("column", ["key", "title", "team", "partition", "reason", "fix", "exemption"])
def test_each_text_of_an_item_is_shown_escaped(firm: Any, column: str) -> None:
    for number, work in enumerate(firm.works):
        work[column] = f"canary{number}<i>&\u202e"
    text = render(firm.pack())
    assert "&lt;i&gt;&amp;" in text
    assert "<i>&" not in text
    assert re.search(r"canary\d+&lt;i&gt;&amp;(?!\u202e)", text)


def test_nobody_is_named(pack: Pack) -> None:
    assert pack.rows["owner"].str.contains("person-").all()
    assert "person-" not in render(pack)


def test_more_rows_than_may_be_shown_say_so_and_where_they_are(pack: Pack) -> None:
    text = render(pack, limit=40)
    page = Page(text)
    assert max(sum(row.verdict == verdict for row in page.rows) for verdict in ("aligned", "orphan")) == 40
    assert "40 of 268 rows are here" in text
    assert "items.csv beside this file" in text
    assert "veaf-sync report --format csv --as-of 318" in render(pack, limit=40, csv_beside=False)


def test_of_too_many_rows_every_small_group_is_whole(pack: Pack) -> None:
    young = pack.rows.filter(pl.col("verdict") == "aligned").tail(2)
    lonely = young.with_columns(team=pl.lit("lonely"), title=pl.lit("the only work of its team"))
    text = render(replace(pack, rows=pl.concat([pack.rows, lonely])), limit=40)
    assert "40 of 270 rows are here" in text
    assert text.count("the only work of its team") == 2


def test_every_step_of_the_waterfall_opens_its_items(page: Page, pack: Pack) -> None:
    steps = [number for number in page.numbers if number["data-v"] == "moved"]
    assert [float(number["data-value"]) for number in steps] == [step.items for step in pack.drift.steps]
    assert sum(row.verdict == "moved" for row in page.rows) == pack.drifted.height


def test_of_too_many_changes_every_step_shows_some_and_says_where_the_rest_is(pack: Pack) -> None:
    text = render(pack, limit=20)
    page = Page(text)
    steps = {number["data-f"] for number in page.numbers if number["data-v"] == "moved"}
    assert steps == {token for row in page.rows if row.verdict == "moved" for token in row.tokens}
    assert f"20 of {pack.drifted.height} rows are here" in text
    assert "drift-items.csv beside this file" in text


def test_without_an_earlier_run_nothing_is_compared_and_the_page_says_so(pack: Pack) -> None:
    alone = pack.drift.model_copy(update={"since": None, "since_as_of": None, "start": None, "steps": []})
    text = render(replace(pack, drift=alone, drifted=pack.drifted.clear()))
    assert "No earlier run of the same period, scope and definitions" in text
    assert 'data-verdict="moved"' not in text


def test_a_degraded_snapshot_says_why_and_a_fresh_one_says_nothing(pack: Pack) -> None:
    text = render(pack)
    assert "token refused since Sat 21 Nov 22:10, 18 items frozen." in text
    assert "<code>veaf-sync check --online</code>" in text
    status = pack.status.model_copy(update={"degraded": False, "degradations": []})
    assert "DEGRADED" not in render(replace(pack, status=status))


def test_an_organisation_without_items_has_a_page_too(firm: Any) -> None:
    firm.works = []
    text = render(firm.pack())
    page = Page(text)
    assert page.rows == []
    assert "n/a" in text
    assert not [number for number in page.numbers if float(number["data-value"])]


def test_readers_of_the_screen_get_headers_labels_and_a_language(page: Page) -> None:
    assert page.all("html") == [{"lang": "en"}]
    assert all("scope" in attrs for attrs in page.all("th"))
    for attrs in page.all("svg"):
        assert attrs.get("aria-hidden") == "true" or attrs.get("aria-label"), attrs
    for attrs in page.all("section"):
        assert attrs["aria-labelledby"]
    for _, attrs in page.tags:
        if "tabindex" in attrs and attrs["tabindex"] == "0":
            assert attrs["role"] == "region"
    assert len(page.all("h1")) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_enough_contrast(page: Page, scheme: str) -> None:
    blocks = re.findall(r":root \{(.*?)\}", page._inline["style"], re.S)
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", blocks[0]))
    if scheme == "dark":
        colours |= dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", blocks[1]))
    for front, back in [(f, b) for f in ("ink", "quiet", "accent", "warm") for b in ("paper", "wash")]:
        assert _contrast(colours[front], colours[back]) >= 4.5, (front, back)
    assert _contrast(colours["amber-ink"], colours["amber"]) >= 4.5
    for verdict in ("aligned", "orphan", "unreadable"):
        assert _contrast(colours[verdict], colours["paper"]) >= 3, verdict


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    channel: Callable[[float], float] = lambda c: c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4  # noqa: E731

    def luminance(colour: str) -> float:
        red, green, blue = (channel(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
