"""The locks name packages with hashes and without addresses; the bill of materials and the audit say what they are."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "requirements"
AUDIT = runpy.run_path(str(REQUIREMENTS / "audit.py"))
HASH = f"--hash=sha256:{'a' * 64}"


def test_every_locked_package_has_hashes_and_no_address():
    found, problems = AUDIT["read"](REQUIREMENTS)
    assert problems == []
    for name in AUDIT["LOCKS"]:
        text = (REQUIREMENTS / name).read_text("utf-8")
        assert "://" not in text
        assert len(re.findall("^[a-z0-9]", text, re.MULTILINE)) == sum(pin.lock == name for pin in found) > 0


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (f"good==1 \\\n    {HASH}\nbad>=1 \\\n    {HASH}\n", "run.txt, line 3: bad>=1 is no pinned"),
        (f"bad \\\n    {HASH}\n", "is no pinned"),
        ("bad==1\n", "has no hash"),
        (f"bad==1 \\\n    --hash=md5:{'a' * 32}\n", "has no hash, or one that is none"),
        (f"bad==1 \\\n    {HASH} \\\n    --hash=sha256:short\n", "has no hash, or one that is none"),
        (f"bad @ https://example.org/bad-1.whl \\\n    {HASH}\n", "without an address"),
        (f"bad==1 ; python_version > 'https://x' \\\n    {HASH}\n", "without an address"),
        ("--index-url https://example.org/simple\n", "without an address"),
        ("--find-links /somewhere\n", "is no pinned"),
        ("-e .\n", "is no pinned"),
    ],
)
def test_anything_else_in_a_lock_is_named_with_its_line(tmp_path, lines, says):
    for name in AUDIT["LOCKS"]:
        (tmp_path / name).write_text(lines if name == "run.txt" else "", "utf-8")
    _, problems = AUDIT["read"](tmp_path)
    assert len(problems) == 1
    assert says in problems[0]


def test_one_package_has_one_version(tmp_path):
    for name, version in zip(AUDIT["LOCKS"], ("1", "2", "1"), strict=True):
        (tmp_path / name).write_text("some==" + f"{version} \\\n    {HASH}\n", "utf-8")
    _, problems = AUDIT["read"](tmp_path)
    assert problems == ["some: 1 in run.txt, 2 in dev.txt, 1 in postgres.txt"]


def test_the_bill_lists_them_all_and_is_the_same_each_time():
    found, _ = AUDIT["read"](REQUIREMENTS)
    text = AUDIT["bill"](found)
    document = json.loads(text)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert {part["purl"] for part in document["components"]} == {f"pkg:pypi/{pin.name}@{pin.version}" for pin in found}
    assert all(part["hashes"] for part in document["components"])
    assert AUDIT["bill"](found) == text


def test_what_could_not_be_asked_is_no_all_clear():
    clean = {"name": "a", "version": "1", "vulns": []}
    skipped = {"name": "b", "skip_reason": "not found"}
    weak = {"name": "c", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["2.1"]}]}
    told = AUDIT["told"]
    assert told(json.dumps({"dependencies": [clean]}), "")[0] == 0
    code, lines = told(json.dumps({"dependencies": [clean, skipped]}), "No known vulnerabilities found")
    assert (code, "Of those nothing is known" in lines[-1]) == (2, True)
    code, lines = told(json.dumps({"dependencies": [clean, skipped, weak]}), "")
    assert (code, lines[0]) == (1, "c 2: CVE-1, mended in 2.1")
    code, lines = told("", "requests.exceptions.ConnectionError: Max retries exceeded")
    assert (code, "there is no network" in lines[0]) == (2, True)
