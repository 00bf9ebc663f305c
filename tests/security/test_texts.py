"""What trackers and documents say is shown in reports and terminals, and obeyed by none of them."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from veaf_sync.emulator.faults import Rewrite

SCRIPT = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
HOSTILE = f" {SCRIPT} [x](javascript:document.title='owned') \u202etxt\u2066 \x1b[31mred\x1b]0;owned\x07 \x9b2J|\u200b"
LINK = "javascript:document.title='owned'//"
TEXTS = frozenset(
    (
        "name",
        "summary",
        "title",
        "displayName",
        "text",
        "description",
        "body",
        "notes",
        "login",
        "display_value",
        "value",
    )
)
LINKS = frozenset(("url", "self", "permalink_url", "html_url", "resourcePath", "baseUrl", "displayUrl"))
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
STRATEGY = {
    "vision": {"title": f"Vision{HOSTILE}", "narrative": HOSTILE, "horizon": "2030-12-31"},
    "teams": {"payments": {"items": {"partition": "PAY"}}},
    "objectives": [
        {
            "id": "fast-checkout",
            "title": f"Objective{HOSTILE}",
            "accountable": f"somebody{HOSTILE}",
            "responsible": ["payments"],
            "planned_share": 0.5,
            "key_results": [
                {
                    "id": "completion",
                    "title": f"Result{HOSTILE}",
                    "unit": HOSTILE.strip(),
                    "baseline": 1,
                    "target": 2,
                    "values": [{"date": "2026-10-01", "value": 1.5, "note": HOSTILE}],
                }
            ],
        },
        {"id": "other", "title": f"Unserved{HOSTILE}"},
    ],
}
MAPPING = {
    "rules": [
        {
            "name": f"rule{HOSTILE}",
            "when": {"title": {"regex": "[0-4]|a"}, "type": {"glob": "*"}},
            "objective": "fast-checkout",
        },
        {
            "name": f"exempt{HOSTILE}",
            "when": {"title": {"glob": "*on*"}},
            "exempt": {
                "class": f"class{HOSTILE}",
                "owner": f"owner{HOSTILE}",
                "reason": HOSTILE,
                "until": "2030-12-31",
                "budget": 0.2,
            },
        },
    ]
}
FILE = ("key", "title", "type", "state", "labels", "components", "team", "assignees", "description", "url", "Note")


def hostile(value, key=""):
    if isinstance(value, dict):
        return {name: hostile(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [hostile(each, key) for each in value]
    if isinstance(value, str) and value and key in TEXTS:
        return value + HOSTILE
    return LINK if isinstance(value, str) and value and key in LINKS else value


def rewritten(response):
    if b"archivedStates" in response.body:  # what GitHub's schema is made of, which no person writes
        return response
    try:
        return replace(response, body=json.dumps(hostile(json.loads(response.body))).encode())
    except ValueError:
        return response


def write_yaml(path: Path, document) -> None:
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(document, file)


@pytest.fixture
def said_by_all(veaf, firm, tmp_path):
    """A pass over three tools that put the hostile text behind every name and text, and over a file full of it."""
    rows = io.StringIO()
    sheet = csv.writer(rows)
    sheet.writerow(FILE)
    for number in range(12):
        sheet.writerow([f"F-{number}", *(f"{number}{HOSTILE}" for _ in FILE[1:-2]), LINK, HOSTILE])
    (firm.folder / "plant.csv").write_text(rows.getvalue(), "utf-8")

    def change(document):
        for entry in document["sources"].values():
            entry.pop("fields", None)
        document["sources"]["plant"] = {"connector": "file", "path": "plant.csv"}
        document["organisation"] = f"Firm{HOSTILE}"
        document["people"] = "names"

    firm.settings(change)
    write_yaml(firm.folder / "strategy.yaml", STRATEGY)
    write_yaml(firm.folder / "mapping.yaml", MAPPING)
    for tool in firm.tools.values():
        tool.faults.add(Rewrite(rewritten), times=None)
    veaf("-C", firm.folder, "sync")
    return firm.folder


def test_terminal_and_documents_hold_nothing_that_steers(veaf, said_by_all, tmp_path):
    at, plan = ("-C", said_by_all), tmp_path / "plan.json"
    items = veaf(*at, "items", "--all", "-o", "json").document["items"]
    assert {item["source"] for item in items} == {"plant", "jira-main", "github_projects-main", "asana-main"}
    assert all("document.title" in item["title"] and "javascript" not in item["url"] for item in items)
    veaf(*at, "plan", "--out", plan)
    veaf(*at, "show", plan)
    veaf(*at, "apply", plan, "--accept", 5000, codes=(0, 3))
    for words in (["status"], ["items", "--all"], ["orphans"], ["objectives"], ["runs"], ["check", "--online"]):
        veaf(*at, *words, codes=(0, 1))
    for by in ("source", "partition", "team", "objective", "level"):
        veaf(*at, "coverage", "--by", by)
    for item in {item["source"]: item["id"] for item in items}.values():
        veaf(*at, "explain", item)
    for words in (["status"], ["items"], ["orphans"], ["objectives"]):
        veaf(*at, *words, "-o", "json")
    for words in (["items"], ["orphans"], ["objectives"], ["coverage"]):
        veaf(*at, *words, "-o", "csv")
    assert sum("owned" in text for text in veaf.said) > 15
    assert [UNSEEN.search(text)[0] for text in veaf.said if UNSEEN.search(text)] == []


def test_the_report_runs_no_script_in_a_browser_and_has_no_live_link(veaf, said_by_all, tmp_path):
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    veaf("-C", said_by_all, "report", "--out", tmp_path / "report")
    page = (tmp_path / "report" / "report.html").read_text("utf-8")
    text = (tmp_path / "report" / "report.md").read_text("utf-8")
    for shown in (page, text):
        assert "owned" in shown
        assert not UNSEEN.search(shown)
        assert "<img" not in shown
        assert not re.search(r"(href|src|action)=[\"']?\s*javascript", shown, re.IGNORECASE)
    assert "<script" not in text
    assert not re.search(r"(?<!\\)\]\(\s*javascript|<javascript", text)
    assert page.count("<script") == 1
    if browser is None:
        pytest.skip("needs a Chromium: apt-get install chromium")
    title = re.search("<title>(.*?)</title>", page)[1]
    unguarded = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    assert unguarded != page
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--virtual-time-budget=1000")
    quiet = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic")
    opened = tmp_path / "opened.html"
    opened.write_text(unguarded, "utf-8")  # what is escaped needs no policy
    command = [browser, *options, *quiet, "--dump-dom", f"--user-data-dir={tmp_path / 'profile'}", opened.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "Showing everything" in dom  # our own script ran
    assert html.unescape(re.search("<title>(.*?)</title>", dom)[1]) == html.unescape(title)
    elements = Elements(dom)
    assert "img" not in elements.names
    assert elements.names.count("script") == 1
    assert not [name for name, _ in elements.attributes if name.startswith("on")]
    links = [value for name, value in elements.attributes if name in ("href", "src", "action")]
    assert links
    assert all(re.match("#|https?://", value) for value in links), links


class Elements(HTMLParser):
    """The elements of a page by name, and all their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += attrs


STARTS = ("=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1+1", "\r=1+1", "=cmd|' /C calc'!A0", " =1", "\uff1d1", "\n=1")


def test_what_begins_like_a_formula_stays_text_in_every_table(veaf, tmp_path):
    folder, rows = tmp_path / "config", io.StringIO()
    folder.mkdir()
    sheet = csv.writer(rows)
    sheet.writerow(["key", "title", "type", "level", "state", "labels", "components", "team", "assignees", "partition"])
    for number, start in enumerate(STARTS):
        level = "epic" if number % 4 == 0 else "standard"
        names = [f"{start}{word}" for word in ("title", "type")]
        sheet.writerow(
            [f"{start}k{number}", *names, level, *(f"{start}{word}" for word in ("s", "l", "c", "t", "p", "q"))]
        )
    (folder / "plant.csv").write_text(rows.getvalue(), "utf-8")
    source = {"connector": "file", "path": "plant.csv"}
    settings = {"version": 1, "store": "sqlite:///s.db", "people": "names", "sources": {"plant": source}}
    write_yaml(folder / "veaf-sync.yaml", settings)
    objectives = [
        {"id": f"goal-{number}", "title": f"{start}goal", "accountable": f"{start}who"}
        for number, start in enumerate(STARTS)
    ]
    write_yaml(folder / "strategy.yaml", {"vision": {"title": "=1+1"}, "objectives": objectives})
    rule = {"name": "=1+1", "when": {"title": {"regex": "^[-+]"}}, "objective": "goal-0"}
    write_yaml(folder / "mapping.yaml", {"rules": [rule]})
    at = ("-C", folder)
    veaf(*at, "sync")
    tables = [veaf(*at, name, "-o", "csv").out for name in ("items", "orphans", "objectives")]
    tables += [veaf(*at, "coverage", "--by", by, "-o", "csv").out for by in ("team", "partition", "objective")]
    veaf(*at, "report", "--format", "csv", "--out", tmp_path / "report")
    tables += [path.read_text("utf-8") for path in (tmp_path / "report").glob("*.csv")]
    risky = [
        cell
        for table in tables
        for row in csv.reader(io.StringIO(table, newline=""))
        for cell in row
        if re.match(r"[\s\u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell) and not re.fullmatch(r"-?\d[\d.e+-]*", cell)
    ]
    assert len(tables) == 13
    assert risky == []
    assert sum(table.count("'=cmd") for table in tables) > 10
