"""References to secrets: where they are looked for, and that they never show."""

from __future__ import annotations

import base64
import html
import os
import re
import sys
from urllib.parse import quote, quote_plus

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, NoKeyringError
from pydantic import BaseModel, ValidationError

from veaf_sync.credentials import MASK, Secret, redact, redaction, remember
from veaf_sync.errors import UserError


@pytest.fixture(autouse=True, scope="module")
def forgotten():
    """What these tests had remembered is none of the other tests' secrets: they are short words and digits."""
    before = set(redaction._known)
    yield
    redaction._known.clear()
    redaction._known.update(before)


class Settings(BaseModel):
    token: Secret


def test_the_environment_is_asked_when_the_secret_is_needed(monkeypatch):
    secret = Secret.parse("env:VEAF_TEST_TOKEN")
    monkeypatch.delenv("VEAF_TEST_TOKEN", raising=False)
    with pytest.raises(UserError, match="env:VEAF_TEST_TOKEN is not set") as failure:
        secret.reveal()
    assert failure.value.fix == "export VEAF_TEST_TOKEN=…"

    monkeypatch.setenv("VEAF_TEST_TOKEN", "  from-the-environment\n")
    assert secret.reveal() == "from-the-environment"
    monkeypatch.setenv("VEAF_TEST_TOKEN", "changed")
    assert secret.reveal() == "from-the-environment"


def test_an_empty_secret_is_none(monkeypatch):
    monkeypatch.setenv("VEAF_TEST_TOKEN", " \n")

    with pytest.raises(UserError, match="is empty"):
        Secret.parse("env:VEAF_TEST_TOKEN").reveal()


def test_a_file_counts_from_the_folder_of_the_validation(tmp_path):
    (tmp_path / "token").write_text("from-a-file\n", encoding="utf-8")

    settings = Settings.model_validate({"token": "file:token"}, context={"folder": tmp_path})

    assert settings.token.reveal() == "from-a-file"
    assert str(settings.token) == "file:token"
    assert Secret.parse(f"file:{tmp_path}/token").reveal() == "from-a-file"
    with pytest.raises(UserError, match="cannot be read: No such file"):
        Secret.parse(f"file:{tmp_path}/absent").reveal()
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="is no text"):
        Secret.parse(f"file:{tmp_path}/binary").reveal()


def test_a_command_runs_in_that_folder(tmp_path):
    (tmp_path / "hand-out.py").write_text("print('from-a-command')", encoding="utf-8")
    command = [sys.executable, "hand-out.py"]

    settings = Settings.model_validate({"token": {"cmd": command}}, context={"folder": tmp_path})

    assert settings.token.reveal() == "from-a-command"


SAYS_IT = "print('my-token-is-hunter2')\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([sys.executable, "-c", SAYS_IT + "raise SystemExit(3)"], "failed: it ended with exit code 3"),
        ([sys.executable, "-c", "import os; os.write(1, bytes([255, 254]))"], "failed: it printed no text"),
        ([sys.executable, "-c", SAYS_IT + "print('Do you trust this machine?')"], "gives 2 lines"),
        ([sys.executable, "-c", "print()"], "is empty"),
        (["no-such-program-here"], "failed: there is no program no-such-program-here"),
        (["./no-such-script"], "failed: there is no program ./no-such-script"),
        (["bad\0name"], "cannot be started"),
    ],
)
def test_a_command_that_fails_says_why_and_nothing_of_its_output(argv, said):
    with pytest.raises(UserError, match=re.escape(said)) as failure:
        Secret.parse({"cmd": argv}).reveal()

    assert failure.value.fix
    assert "hunter2" not in str(failure.value)


LINGERS = """
import pathlib, subprocess, sys, time
if sys.argv[1:]:
    for _ in range(600):
        time.sleep(0.1)
        if pathlib.Path("stop").exists():
            raise SystemExit
    pathlib.Path("was waited for").touch()
else:
    subprocess.run([sys.executable, __file__, "child"])
"""


def test_a_command_that_never_answers_is_left_also_where_it_started_others(monkeypatch, tmp_path):
    """A wrapper script dies of the time-out and leaves a child that holds its output open."""
    monkeypatch.setattr("veaf_sync.credentials.places.SECONDS", 1)
    (tmp_path / "lingers.py").write_text(LINGERS, encoding="utf-8")

    with pytest.raises(UserError, match="no answer in 1 seconds"):
        Secret.parse({"cmd": [sys.executable, "lingers.py"]}, str(tmp_path)).reveal()

    (tmp_path / "stop").touch()
    assert not (tmp_path / "was waited for").exists()


@pytest.fixture
def keyring_of():
    """`keyring_of(backend)`: the machine's keyring for this test."""
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


class InMemory(KeyringBackend):
    priority = 1

    def __init__(self, kept=(), error=None):
        self.kept = dict(kept)
        self.error = error

    def get_password(self, service, username):
        if self.error is not None:
            raise self.error
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        raise NotImplementedError


def test_the_keyring_is_asked_for_service_and_user(keyring_of):
    keyring_of(InMemory({("veaf-sync", "jira"): "from-the-keyring", ("https://acme.example", "me"): "by-address"}))

    assert Secret.parse("keyring:veaf-sync/jira").reveal() == "from-the-keyring"
    assert Secret.parse("keyring:https://acme.example/me").reveal() == "by-address"
    with pytest.raises(UserError, match="holds nothing") as failure:
        Secret.parse("keyring:veaf-sync/other").reveal()
    assert failure.value.fix == "keyring set veaf-sync other"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NoKeyringError("no backend"), "this machine has no keyring"),
        (KeyringLocked("dismissed"), "the keyring is locked"),
        (RuntimeError("org.freedesktop.DBus.Error: hunter2"), r"cannot be asked \(RuntimeError\)"),
    ],
)
def test_a_keyring_that_does_not_answer_is_said_with_a_way_out(keyring_of, error, said):
    keyring_of(InMemory(error=error))

    with pytest.raises(UserError, match=said) as failure:
        Secret.parse("keyring:veaf-sync/jira").reveal()

    assert failure.value.fix
    assert "hunter2" not in str(failure.value)


def test_looking_finds_what_is_wrong_and_asks_nobody(tmp_path, monkeypatch, keyring_of):
    monkeypatch.delenv("VEAF_ABSENT", raising=False)
    monkeypatch.setenv("VEAF_BLANK", " ")
    monkeypatch.setenv("VEAF_SET", "hunter2")
    keyring_of(InMemory(error=AssertionError("asked")))
    for name, content in {"empty": "\n", "good": "hunter2", "open": "hunter2"}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
        (tmp_path / name).chmod(0o640 if name == "open" else 0o600)
    touched = tmp_path / "touched"
    command = [sys.executable, "-c", f"open({str(touched)!r}, 'w')"]

    said = {
        written: Secret.parse(written, str(tmp_path)).problem()
        for written in ("env:VEAF_ABSENT", "env:VEAF_BLANK", "env:VEAF_SET", "file:absent", "file:empty", "file:good")
    }

    assert {written: problem and problem[0].removeprefix(f"{written} ") for written, problem in said.items()} == {
        "env:VEAF_ABSENT": "is not set.",
        "env:VEAF_BLANK": "is empty.",
        "env:VEAF_SET": None,
        "file:absent": "cannot be read: No such file or directory.",
        "file:empty": "is empty.",
        "file:good": None,
    }
    if os.name == "posix":
        assert Secret.parse("file:open", str(tmp_path)).problem() == (
            "file:open can be read by others on this machine.",
            f"chmod 600 {tmp_path}/open",
        )
    assert Secret.parse("keyring:a/b").problem() is None
    assert Secret.parse({"cmd": command}).problem() is None
    assert not touched.exists()
    assert "no program nowhere-here" in Secret.parse({"cmd": ["nowhere-here", "x"]}).problem()[0]


@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "hunter2:hunter2",
        "env:",
        ":x",
        "keyring:hunter2",
        "",
        7,
        None,
        ["env:X"],
        {"cmd": "op read"},
        {"cmd": []},
        {},
    ],
)
def test_what_is_no_reference_is_refused_without_repeating_it(value):
    with pytest.raises(ValidationError) as failure:
        Settings.model_validate({"token": value})

    (error,) = failure.value.errors(include_input=False)
    assert "hunter2" not in error["msg"]


@given(st.text(min_size=4, max_size=40).filter(lambda text: text.strip()))
def test_no_form_of_a_revealed_secret_survives_redaction(secret):
    remember(secret)
    quoted = quote(secret, safe="")
    coded = [code(secret.encode()).decode() for code in (base64.b64encode, base64.urlsafe_b64encode)]
    forms = [secret, quoted, quote(secret), quote_plus(secret), re.sub("%..", lambda each: each[0].lower(), quoted)]
    forms += [html.escape(secret), html.escape(secret, quote=False), *coded, *(each.rstrip("=") for each in coded)]

    for form in forms:
        assert form not in redact(f"before {form} behind").replace(MASK, "")


@given(st.text(min_size=12, max_size=40, alphabet=st.characters(min_codepoint=33, max_codepoint=126)), st.binary())
def test_in_base64_behind_anything_no_more_than_its_edges_survive(secret, before):
    remember(secret)
    coded = base64.b64encode(before + secret.encode() + before).decode()
    inside = coded[-(-len(before) * 4 // 3) : (len(before) + len(secret)) * 4 // 3]

    assert inside in coded
    assert inside not in redact(coded)


def test_a_name_that_is_kept_beside_a_secret_is_shown(monkeypatch):
    monkeypatch.setenv("VEAF_TEST_USER", "somebody@example.invalid")
    assert Secret.parse("env:VEAF_TEST_USER").reveal(hide=False) == "somebody@example.invalid"

    assert redact("as somebody@example.invalid") == "as somebody@example.invalid"


def test_short_words_are_not_masked():
    remember("abc")

    assert redact("abc") == "abc"


def test_neither_repr_nor_json_shows_more_than_the_reference(monkeypatch):
    monkeypatch.setenv("VEAF_TEST_TOKEN", "shown-nowhere")
    settings = Settings(token=Secret.parse("env:VEAF_TEST_TOKEN"))
    settings.token.reveal()

    assert "shown-nowhere" not in repr(settings) + str(settings.token) + settings.model_dump_json()
    assert settings.model_dump_json() == '{"token":"env:VEAF_TEST_TOKEN"}'
