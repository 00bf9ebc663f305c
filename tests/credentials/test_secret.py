"""References to secrets: where they are looked for, and that they never show."""

from __future__ import annotations

import base64
import sys
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from veaf_sync.credentials import MASK, Secret, redact, remember
from veaf_sync.errors import UserError


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


@pytest.mark.parametrize("code", ["raise SystemExit('my-token-is-hunter2')", "import time; time.sleep(9)"])
def test_a_command_that_fails_says_nothing_of_its_output(code, monkeypatch):
    monkeypatch.setattr("veaf_sync.credentials._COMMAND_SECONDS", 1)
    secret = Secret.parse({"cmd": [sys.executable, "-c", code]})

    with pytest.raises(UserError, match="failed") as failure:
        secret.reveal()

    assert "hunter2" not in str(failure.value)
    with pytest.raises(UserError, match="failed"):
        Secret.parse({"cmd": ["no-such-program-here"]}).reveal()


def test_the_keyring_is_asked_for_service_and_user(monkeypatch):
    keyring = pytest.importorskip("keyring")
    kept = {("veaf-sync", "jira"): "from-the-keyring"}
    monkeypatch.setattr(keyring, "get_password", lambda service, user: kept.get((service, user)))

    assert Secret.parse("keyring:veaf-sync/jira").reveal() == "from-the-keyring"
    with pytest.raises(UserError, match="holds nothing"):
        Secret.parse("keyring:veaf-sync/other").reveal()


@pytest.mark.parametrize(
    "value", ["hunter2", "hunter2:hunter2", "env:", ":x", "", 7, None, ["env:X"], {"cmd": "op read"}, {"cmd": []}, {}]
)
def test_what_is_no_reference_is_refused_without_repeating_it(value):
    with pytest.raises(ValidationError) as failure:
        Settings.model_validate({"token": value})

    (error,) = failure.value.errors(include_input=False)
    assert "hunter2" not in error["msg"]


@given(st.text(min_size=4, max_size=40).filter(lambda text: text.strip()))
def test_no_form_of_a_revealed_secret_survives_redaction(secret):
    remember(secret)
    forms = [secret, quote(secret, safe=""), base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode()]

    for form in forms:
        assert form not in redact(f"before {form} behind").replace(MASK, "")


def test_short_words_are_not_masked():
    remember("abc")

    assert redact("abc") == "abc"


def test_neither_repr_nor_json_shows_more_than_the_reference(monkeypatch):
    monkeypatch.setenv("VEAF_TEST_TOKEN", "shown-nowhere")
    settings = Settings(token=Secret.parse("env:VEAF_TEST_TOKEN"))
    settings.token.reveal()

    assert "shown-nowhere" not in repr(settings) + str(settings.token) + settings.model_dump_json()
    assert settings.model_dump_json() == '{"token":"env:VEAF_TEST_TOKEN"}'
