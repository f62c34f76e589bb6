"""Files that hold what is personal are their owner's alone: 0600, in a folder of 0700."""

import os
import stat
from contextlib import suppress
from pathlib import Path

OTHERS = 0o077  # the rights of everybody but the owner
BESIDE = ("", "-wal", "-shm", "-journal")  # what SQLite keeps beside a database
OWN_FOLDERS = ("instance",)  # folders that hold nothing else, whoever made them


def make_folder(folder: Path) -> None:
    """Make `folder`, and the folders above it that are missing, for their owner alone."""
    for missing in [path for path in (*reversed(folder.parents), folder) if not path.exists()]:
        missing.mkdir(0o700, exist_ok=True)
    correct(folder)


def close(folder: Path) -> None:
    """Take from others what they may do in `folder`, which holds nothing but ours, and with the files in it."""
    for path in (folder, *(path for path in folder.iterdir() if path.is_file())):
        with suppress(FileNotFoundError, PermissionError):  # another process removed it; it is of another user
            if stat.S_IMODE(path.stat().st_mode) & OTHERS:
                path.chmod(0o700 if path == folder else 0o600)


def correct(folder: Path) -> None:
    """Take from others what they may do in a folder of ours. Raises OSError if it is somebody else's."""
    if folder.name in OWN_FOLDERS and stat.S_IMODE(folder.stat().st_mode) & OTHERS:
        folder.chmod(0o700)


def create(path: Path) -> None:
    """Make an empty file for its owner alone, if there is none."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def problem(database: Path, strict: bool) -> str:
    """Correct the rights on the files of a SQLite database. Returns what could not be corrected, in one sentence.

    `strict`: nor may others write into its folder.
    """
    for path in [Path(f"{database}{suffix}") for suffix in BESIDE]:
        with suppress(FileNotFoundError):
            if stat.S_IMODE(path.stat().st_mode) & OTHERS and not _own(path):
                return f"other users may read {path}, and this one may not forbid it: chmod 600 {path}"
    with suppress(OSError):
        correct(database.parent)
        mode = database.parent.stat().st_mode
        if strict and mode & 0o022 and not mode & stat.S_ISVTX:
            return f"other users may exchange the database in {database.parent}: chmod 700 {database.parent}"
    return ""


def _own(path: Path) -> bool:
    with suppress(PermissionError):
        path.chmod(0o600)
        return True
    return False
