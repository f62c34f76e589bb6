"""The code of the release before this one, from the history: what runs on the new schema while a release is rolled out."""

import os
import shutil
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from paths import FONTS, MIGRATIONS, ROOT, STATIC, TRANSLATIONS

BUILT = (FONTS, STATIC / "vendor", *TRANSLATIONS.glob("*/LC_MESSAGES/messages.mo"))  # what no history holds


def git(*words: str) -> bytes:
    """What git prints; skips the test where git or the history is not there."""
    try:
        done = subprocess.run(["git", "-C", ROOT, *words], capture_output=True)
    except FileNotFoundError:
        pytest.skip("no git on this machine")
    if done.returncode:
        pytest.skip(f"the history is not here: {done.stderr.decode().strip()}")
    return done.stdout


def commit() -> str:
    """The latest tag before this commit; without one, what stands in migrations/previous_release."""
    head = git("rev-parse", "HEAD")
    for tag in git("tag", "--list", "v*", "--merged", "HEAD", "--sort=-version:refname").decode().split():
        if git("rev-parse", f"{tag}^{{commit}}") != head:
            return tag
    return (MIGRATIONS / "previous_release").read_text(encoding="utf-8").split()[1]


def unpack(folder: Path) -> None:
    """Put the release into `folder`, with what this one has built."""
    with tarfile.open(fileobj=BytesIO(git("archive", commit()))) as files:
        files.extraction_filter = getattr(tarfile, "data_filter", None)  # Python before 3.11.4 has none
        files.extractall(folder)  # noqa: S202 (our own archive)
    for built in BUILT:
        there = folder / built.relative_to(ROOT)
        shutil.rmtree(there, ignore_errors=True)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.symlink_to(built)


def run(folder: Path, *words: str, timeout: int = 120) -> subprocess.CompletedProcess:
    """Run Python with the code in `folder`, in the environment of this one."""
    paths = {"PYTHONPATH": f"{folder}:{folder / 'tests'}"}
    return subprocess.run(
        [sys.executable, "-P", *words],
        cwd=folder,
        env=os.environ | paths,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
