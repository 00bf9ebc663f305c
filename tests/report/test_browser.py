"""The page in a real browser, where one is installed: its script runs, and numbers open their items."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from veaf_sync.report.html import render
from veaf_sync.report.pack import Pack

CLICK = """<script>addEventListener("load", () => document.querySelector(SELECTOR).click())</script></body>"""
CLICK_ALL = """<script>addEventListener("load", () => {
  const rows = [...document.querySelectorAll("details tbody > tr")];
  const clicked = [...document.querySelectorAll("a[data-n]")].map((link) => {
    link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
    const visible = rows.filter((row) => row.checkVisibility()).length;
    return [link.dataset.n, Number(link.dataset.value), visible, document.querySelector("output").textContent];
  });
  const told = { id: "clicked", textContent: JSON.stringify(clicked) };
  document.body.append(Object.assign(document.createElement("pre"), told));
})</script></body>"""
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=2000",
    "--dump-dom",
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs a Chromium: apt-get install chromium")


def _dom(folder: Path, text: str) -> str:
    """The page's document after its scripts have run."""
    page = folder / "report.html"
    page.write_text(text, encoding="utf-8")
    command = [str(BROWSER), *OPTIONS, f"--user-data-dir={folder / 'profile'}", page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def _shown(dom: str, verdict: str) -> int:
    section = dom.split(f'<details data-verdict="{verdict}"')[1].split("</details>")[0]
    return len(re.findall(r'<tr data-f="[^>]*>', section)) - len(re.findall(r'<tr data-f="[^>]* hidden', section))


def test_the_script_runs_under_the_page_s_own_policy(pack: Pack, tmp_path: Path) -> None:
    dom = _dom(tmp_path, render(pack))
    assert "Showing everything" in dom
    assert 'aria-label="Show only items with these words"' in dom


def test_a_number_opens_its_items_and_hides_the_others(pack: Pack, tmp_path: Path) -> None:
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", render(pack))
    label = "orphan items of payments"
    dom = _dom(tmp_path, text.replace("</body>", CLICK.replace("SELECTOR", f"'a[data-n=\"{label}\"]'")))
    payments = next(group for group in pack.groups["team"].groups if group.group == "payments")
    assert _shown(dom, "orphan") == payments.weights.count.orphan
    assert f"Showing {label}: {payments.weights.count.orphan:.0f} rows." in dom
    assert re.search(r'<details data-verdict="orphan"[^>]* open', dom)
    assert not re.search(r'<details data-verdict="exempt"[^>]* open', dom)


def test_every_number_leaves_its_own_rows_visible_whatever_was_clicked_before(pack: Pack, tmp_path: Path) -> None:
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", render(pack))
    dom = _dom(tmp_path, text.replace("</body>", CLICK_ALL))
    clicked = json.loads(html.unescape(dom.split('<pre id="clicked">')[1].split("</pre>")[0]))
    assert len(clicked) == render(pack).count('data-n="') > 100
    for name, value, visible, said in clicked:
        assert said.startswith(f"Showing {name}: {visible} rows"), said
        by_shares = re.search(r"\(([\d.]+) by their shares\)", said)
        assert (float(by_shares[1]) if by_shares else visible) == round(value, 1), said
