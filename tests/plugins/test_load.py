"""Plugins are loaded one by one: a broken one is named, the rest works."""

from __future__ import annotations

import re

import pytest

from veaf_sync import API, plugins
from veaf_sync.credentials import remember


def test_the_shipped_connectors_are_installed():
    registry = plugins.load()

    assert registry.failures == ()
    assert {"file", "github_projects", "jira"} <= set(registry.connectors)
    assert {"github_projects", "jira"} <= set(registry.emulators)
    assert registry.connectors["file"].api == API


def test_a_plugin_is_described(install):
    registry = plugins.load_entry_points([install("veaf-sync-hub", name="hub"), install("veaf-sync-aha", name="aha")])

    assert list(registry.connectors) == ["aha", "hub"]
    assert registry.described[1] == plugins.PluginInfo(
        "hub", "veaf-sync-hub", "1.2", ("count", "write"), 1, targets=("label",)
    )
    assert registry.failures == ()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("raise RuntimeError('at import')", "RuntimeError: at import"),
        ("raise SystemExit(3)", "it ended the program (exit code 3)"),
        ("import sys\nsys.exit('bye')", "it ended the program (exit code bye)"),
        ("class Odd(BaseException): pass\nraise Odd", "Odd"),
        ("def broken(:", "SyntaxError: "),
        ("", "it brings neither connectors nor emulators"),
        (
            "from veaf_sync.hookspecs import hookimpl\n@hookimpl\ndef veaf_connectors():\n    return 1 / 0",
            "ZeroDivisionError: division by zero",
        ),
        (
            "from veaf_sync.hookspecs import hookimpl\n@hookimpl\ndef veaf_connectors():\n    return 7",
            "TypeError: 'int' object is not iterable",
        ),
        (
            "from veaf_sync.hookspecs import hookimpl\n@hookimpl\ndef veaf_conectors():\n    return []",
            "unknown hook 'veaf_conectors'",
        ),
        (
            "from veaf_sync.hookspecs import hookimpl\n@hookimpl\ndef veaf_connectors():\n    return ['text']",
            "'text' is no connector class",
        ),
        (
            "from veaf_sync.hookspecs import hookimpl\nfrom veaf_sync.connector import Connector\n"
            "class Nameless(Connector): pass\n@hookimpl\ndef veaf_connectors():\n    return [Nameless]",
            "AttributeError: ",
        ),
    ],
)
def test_a_broken_plugin_is_named_with_the_reason_and_the_rest_works(install, code, reason):
    points = [install("veaf-sync-bad", code or "x = 1", name="bad"), install("veaf-sync-good", name="good")]

    registry = plugins.load_entry_points(points)

    assert list(registry.connectors) == ["good"]
    (failure,) = registry.failures
    assert (failure.name, failure.distribution) == ("bad", "veaf-sync-bad")
    assert reason in failure.reason


@pytest.mark.parametrize(("api", "advice"), [(0, "Upgrade the plugin"), (2, "Upgrade veaf-sync")])
def test_a_connector_for_another_api_is_refused_by_name(install, api, advice):
    registry = plugins.load_entry_points([install("veaf-sync-hub", name="hub", api=api)])

    assert not registry.connectors
    (failure,) = registry.failures
    assert failure.name == "hub"
    assert failure.reason == f"it is written for API {api}, this veaf-sync has API 1. {advice}"


def test_of_two_connectors_of_one_name_the_first_distribution_wins(install):
    late = install("veaf-sync-zeta", name="hub")
    early = install("veaf-sync-alpha", name="hub", version="2.0")

    registry = plugins.load_entry_points([late, early])

    assert registry.described[0].distribution == "veaf-sync-alpha"
    (failure,) = registry.failures
    assert (failure.name, failure.distribution) == ("hub", "veaf-sync-zeta")
    assert failure.reason == "veaf-sync-alpha already brings a connector hub. Uninstall one of them"


def test_a_secret_in_a_plugin_s_error_is_masked(install):
    remember("hunter2-hunter2")
    code = "raise RuntimeError('no access with hunter2-hunter2')"

    (failure,) = plugins.load_entry_points([install("veaf-sync-bad", code, name="bad")]).failures

    assert "hunter2" not in failure.reason


def test_ctrl_c_is_not_swallowed(install):
    with pytest.raises(KeyboardInterrupt):
        plugins.load_entry_points([install("veaf-sync-bad", "raise KeyboardInterrupt", name="bad")])


def test_hook_calls_are_told_on_request(install, monkeypatch, capsys):
    point = install("veaf-sync-hub", name="hub")
    plugins.load_entry_points([point])
    assert capsys.readouterr().err == "", "only on request"
    monkeypatch.setenv(plugins.TRACE, "1")
    plugins.load_entry_points([point])
    first, second = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"plugin hub: veaf_connectors: \w+ \(\d+\.\d ms\)", first)
    assert re.fullmatch(r"plugin hub: veaf_emulators: nothing \(\d+\.\d ms\)", second)


def test_a_hook_that_raises_is_told_too(install, monkeypatch, capsys):
    code = "from veaf_sync.hookspecs import hookimpl\n@hookimpl\ndef veaf_connectors():\n    return 1 / 0"
    monkeypatch.setenv(plugins.TRACE, "1")
    registry = plugins.load_entry_points([install("veaf-sync-bad", name="bad", code=code)])
    assert "plugin bad: veaf_connectors: raised ZeroDivisionError" in capsys.readouterr().err
    assert [failure.name for failure in registry.failures] == ["bad"]
