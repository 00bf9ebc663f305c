"""No secret is in anything that is printed, written, stored or shown to other processes, whoever gives it back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from veaf_sync.emulator.faults import Status


def leaks(firm, texts, *roots: Path) -> list[str]:
    """Where a secret stands: among `texts`, or in a file below the roots or the configuration's folder."""
    found = []
    for secret in firm.secrets:
        for needle in secret.needles:
            found += [f"{secret.core} in: {cut(text, needle)}" for text in texts if needle in text.encode()]
            found += [
                f"{secret.core} in {path}: {cut(path.read_bytes().decode('utf-8', 'replace'), needle)}"
                for path in firm.files(firm.folder, *roots)
                if needle in path.read_bytes()
            ]
    return found


def cut(text: str, needle: bytes) -> str:
    at = text.find(needle.decode())
    return repr(text[max(0, at - 120) : at + 60])


def test_the_search_finds_every_form_of_a_secret(firm, tmp_path):
    for secret in firm.secrets:
        for number, form in enumerate(secret.echoes("somebody")):
            (firm.folder / "found").write_text(form, "utf-8")
            assert leaks(firm, []), (number, form)
            assert leaks(firm, [f"words {form} words"])
    (firm.folder / "found").unlink()
    assert leaks(firm, []) == []


def test_the_whole_loop_leaves_no_secret(veaf, firm, tmp_path, monkeypatch):
    monkeypatch.setenv("VEAF_SYNC_TRACE_PLUGINS", "1")
    at, plan = ("-C", firm.folder), tmp_path / "out" / "plan.json"
    plan.parent.mkdir()
    veaf(*at, "check", codes=(0, 1))
    veaf(*at, "check", "--online", codes=(0, 1))
    veaf(*at, "sync")
    veaf(*at, "plan", "--out", plan)
    veaf(*at, "show", plan)
    veaf(*at, "apply", plan, "--accept", 5000)
    veaf(*at, "sync", "--write", "-o", "json")
    for command in ("status", "coverage", "items", "orphans", "objectives", "runs"):
        veaf(*at, command, "-o", "json")
    veaf(*at, "explain", "PAY-1")
    veaf(*at, "report", "--out", tmp_path / "out" / "report")
    veaf("plugins")
    assert sum(len(tool.tags()) > 0 for tool in firm.tools.values()) == 3
    assert all("okr:" in str(tool.tags()) for tool in firm.tools.values())
    assert leaks(firm, veaf.said, tmp_path / "out") == []


def echo(secret, status: int, kind: str, user: str = "") -> Status:
    """An answer that gives a secret back in every form, in its body and in the headers that are looked at."""
    forms = secret.echoes(user)
    if kind == "long":  # every text is cut somewhere in the secret
        forms = ["y" * (300 - shown) + secret for shown in range(4, len(secret), 4)]
    said = " | ".join(forms)
    body = {
        "json": json.dumps(
            {
                "errorMessages": forms,
                "errors": [{"message": said, "type": said, "path": forms}],
                "message": said,
                "data": None,
            }
        ),
        "long": json.dumps({"errors": [{"message": forms[-1], "type": "X"}], "message": forms[-1], "data": None}),
        "text": said,
        "html": f"<title>{said}</title>",
    }[kind]
    type_ = {"json": "application/json", "long": "application/json", "text": "text/plain", "html": "text/html"}[kind]
    safe = quote(secret, safe="")
    headers = {"Location": f"http://127.0.0.1:1/{safe}/{secret}?token={safe}", "X-Echo": str(secret)}
    if kind == "text":
        headers["X-Authentication-Denied-Reason"] = f"CAPTCHA_CHALLENGE {secret}; login-url={secret}"
    return Status(status, headers, body.encode(), type_)


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("json", (200, 302, 400, 403, 500, 401)),
        ("long", (200, 400)),
        ("text", (302, 400, 401)),
        pytest.param("html", (200, 500), marks=pytest.mark.nightly),
    ],
)
def test_a_tool_that_gives_secrets_back_while_it_is_read(veaf, firm, tmp_path, kind, statuses):
    at = ("-C", firm.folder)
    veaf(*at, "sync")
    user = firm.tools["jira"].environment["JIRA_CLOUD_USER"]
    for status in statuses:
        for number, tool in enumerate(firm.tools.values()):
            tool.faults.clear()
            tool.faults.add(echo(firm.secrets[2 * number], status, kind, user), times=None)
        veaf(*at, "sync", "--full", codes=(2, 3))
    veaf(*at, "check", "--online", codes=(1, 2))
    veaf(*at, "plan", "--out", tmp_path / "out" / "plan.json", codes=(0, 2, 3))
    veaf(*at, "runs")
    veaf(*at, "status")
    veaf(*at, "report", "--out", tmp_path / "out")
    assert all(tool.requests[-1].fault for tool in firm.tools.values())
    assert leaks(firm, veaf.said, tmp_path / "out") == []


def test_no_row_of_a_server_holds_a_secret(veaf, firm, tmp_path, new_url):
    url = new_url("postgresql")
    firm.settings(lambda document: document.update(store=url))
    at, plan = ("-C", firm.folder), tmp_path / "plan.json"
    veaf(*at, "sync")
    veaf(*at, "plan", "--out", plan)
    user = firm.tools["jira"].environment["JIRA_CLOUD_USER"]
    give_back_where_written(firm, 400, "json")
    veaf(*at, "apply", plan, "--accept", 5000, codes=(0, 3))
    for number, tool in enumerate(firm.tools.values()):
        tool.faults.clear()
        tool.faults.add(echo(firm.secrets[2 * number], 403, "json", user), times=None)
    veaf(*at, "sync", "--full", codes=(2, 3))
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT relname FROM pg_stat_user_tables").fetchall()
        rows = [
            row[0]
            for (table,) in tables
            for row in connection.execute(SQL("SELECT row_to_json(t)::text FROM {} t").format(Identifier(table)))
        ]
    assert len(rows) > 100
    assert any("•••" in row for row in rows), "nothing that the tools said was stored"
    assert leaks(firm, [*veaf.said, "\n".join(rows)]) == []


def give_back_where_written(firm, status: int, kind: str) -> None:
    user = firm.tools["jira"].environment["JIRA_CLOUD_USER"]
    for number, tool in enumerate(firm.tools.values()):
        tool.faults.clear()
        for method in ("POST", "PUT"):
            tool.faults.add(
                echo(firm.secrets[2 * number + 1], status, kind, user),
                method=method,
                when=lambda request: b"query" not in request.body[:20] or b"mutation" in request.body,
                times=None,
            )


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("json", (200, 400, 403, 404, 500, 401)),
        ("long", (200, 400)),
        pytest.param("text", (400, 401), marks=pytest.mark.nightly),
    ],
)
def test_a_tool_that_gives_secrets_back_while_it_is_written(veaf, firm, tmp_path, kind, statuses):
    at, plan = ("-C", firm.folder), tmp_path / "plan.json"
    veaf(*at, "sync")
    veaf(*at, "plan", "--out", plan)
    for status in statuses:
        give_back_where_written(firm, status, kind)
        veaf(*at, "apply", plan, "--accept", 5000, codes=(0, 3))
    veaf(*at, "check", "--online", codes=(0, 1, 2))
    veaf(*at, "runs")
    assert leaks(firm, veaf.said, tmp_path / "plan.json") == []


LEAKY = '''
import base64, logging, sys, threading, warnings
from datetime import UTC, datetime
from urllib.parse import quote
from veaf_sync.connector import Connector, Feature, Identity, Page, Partition, Preview, Refusal, Rehearsal
from veaf_sync.connector import SourceSettings
from veaf_sync.credentials import Secret
from veaf_sync.errors import Incomplete, Rejected
from veaf_sync.hookspecs import hookimpl
from veaf_sync.model import Membership, Outcome, Result, WorkItem


class Settings(SourceSettings):
    token: Secret
    dies: str = ""


class Leaky(Connector):
    """Says its secret wherever it may say anything, and raises it in the method that `dies` names."""

    name = "leaky"
    settings = Settings
    features = frozenset({Feature.WRITE})

    def say(self, where):
        secret = self.config.token.reveal()
        said = f"{where} {secret} {quote(secret)} {base64.b64encode(secret.encode()).decode()}"
        print(said)
        print(said, file=sys.stderr)
        warnings.warn(said)
        logging.getLogger("leaky").warning(said)
        thread = threading.Thread(target=self.burst, args=(said,))
        thread.start()
        thread.join()
        if self.config.dies == where:
            raise RuntimeError(said) from Rejected(said, fix=said)
        return said

    def burst(self, said):
        raise ValueError(said)

    def check(self):
        said = self.say("check")
        return Identity(said, datetime.now(UTC), product=said, notes=(said,))

    def examine(self):
        return [] if self.config.dies else [self.say("examine")]

    def rehearse(self):
        said = self.say("rehearse")
        return Rehearsal((said,), (said,))

    def partitions(self):
        said = self.say("partitions")
        return [Partition("one", said, said), Partition("two", readable=False, reason=said)]

    def pages(self, shard, mark):
        self.say("pages")
        for number in range(6):
            yield Page([WorkItem(f"{number}", f"K-{number}", (Membership("one"),), labels=("serve",))],
                       None if number == 5 else {"at": number})
            if self.config.dies == "walk" and number == 2:
                raise Incomplete(self.say("walk"), fix=self.say("walk"))

    def get(self, ids):
        self.say("get")
        return {each: WorkItem(each, f"K-{each}", (Membership("one"),), labels=("serve",)) for each in ids}

    def preview(self, changes):
        said = self.say("preview")
        return Preview(1, (Refusal(changes[0], said),))

    def write(self, batch):
        said = self.say("write")
        return [Outcome(change.item, Result.FAILED, said) for change in batch]

    def close(self):
        self.say("close")


@hookimpl
def veaf_connectors():
    return [Leaky]
'''
RULES = "rules: [{name: those, when: {labels: serve}, objective: fast-checkout}]\n"


@pytest.mark.parametrize(
    "dies",
    [
        "",
        "walk",
        "write",
        *(
            pytest.param(name, marks=pytest.mark.nightly)
            for name in ("check", "partitions", "pages", "preview", "close")
        ),
    ],
)
def test_a_plugin_that_says_its_secret_everywhere(veaf, firm, tmp_path, monkeypatch, dies):
    monkeypatch.setenv("VEAF_SYNC_TRACE_PLUGINS", "1")
    monkeypatch.setenv("LEAKY_TOKEN", firm.secrets[0])
    place = tmp_path / "more"
    place.mkdir(mode=0o755)
    (place / "leaky.py").write_text(LEAKY, "utf-8")
    (place / "leaky.py").chmod(0o644)
    entry = {"connector": "leaky", "token": "env:LEAKY_TOKEN", "dies": dies, "tag": {"label": "okr:{objective}"}}
    firm.settings(lambda document: document.update(sources={"leaky": entry}, plugins_dir=str(place)))
    (firm.folder / "mapping.yaml").write_text(RULES, "utf-8")
    at = ("-C", firm.folder)
    veaf(*at, "check", "--online", codes=(0, 1, 2, 3))
    said = veaf(*at, "sync", "--write", "-o", "json", codes=(0, 3, 4))
    assert "•••" in said.err
    assert said.code == 4 or "outcomes" in said.document, "what the plugin printed stands in the answer"
    veaf(*at, "plan", "--out", tmp_path / "plan.json", codes=(0, 3))
    veaf(*at, "apply", tmp_path / "plan.json", codes=(0, 3, 2))
    for command in ("status", "runs", "items"):
        veaf(*at, command, "-o", "json", codes=(0, 2))
    if dies == "walk":  # in a process of its own, where nobody else looks after threads
        command = [sys.executable, "-m", "veaf_sync", *map(str, at), "sync", "--full"]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert "Exception in thread" in ended.stderr
        veaf.said += [ended.stdout, ended.stderr]
    assert "•••" in "".join(veaf.said)
    assert leaks(firm, veaf.said, tmp_path) == []
