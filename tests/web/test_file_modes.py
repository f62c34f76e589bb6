"""The files of the database and the inbox are their owner's alone."""

import os
import stat

import pytest

from app import create_app
from backups.folder import Folder
from support.commands import run
from support.production import SETTINGS as PRODUCTION
from support.site import SETTINGS, running
from web.file_modes import make_folder
from web.settings import BadSettingError


def modes(folder) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}


def test_new_database_and_inbox_are_for_nobody_else(tmp_path):
    before = os.umask(0)
    try:
        site = running(f"sqlite:///{tmp_path}/instance/deep/new.db", INBOX=True, INBOX_DIR=f"{tmp_path}/instance/inbox")
        run(site, "db", "upgrade")
        make_folder(tmp_path / "instance" / "inbox")
    finally:
        os.umask(before)
    assert modes(tmp_path) == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path.is_dir()} == {0o700}


def test_files_that_others_may_read_are_corrected_at_start(tmp_path):
    folder = tmp_path / "instance"
    folder.mkdir(0o755)
    for name in ("old.db", "old.db-wal"):
        (folder / name).touch(0o644)
    create(folder / "old.db")
    assert modes(folder) == {0o600} and stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_folder_in_which_others_may_exchange_the_database_is_refused_in_production(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(BadSettingError, match=f"chmod 700 {folder}"):
        create(folder / "new.db", PRODUCTION)
    create(folder / "new.db")


def create(path, profile=None) -> None:
    create_app(SETTINGS | (profile or {}) | {"DATABASE_URL": f"sqlite:///{path}"})


def test_copies_and_kept_mails_that_others_may_read_are_taken_from_them(tmp_path):
    folder = tmp_path / "missing" / "backups"
    before = os.umask(0)
    try:
        with Folder(folder).locked():
            pass
        (folder / "erasures.jsonl").touch(0o666)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    folder.chmod(0o777)
    with Folder(folder).locked():
        assert modes(folder) == {0o600} and stat.S_IMODE(folder.stat().st_mode) == 0o700
