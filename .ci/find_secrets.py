"""Search the tracked files, and what recent commits added, for keys and passwords: 1 if one is found that is unknown.

Only its place is printed, never the text. Known ones, which open nothing, stand in .ci/known_secrets.txt.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from detect_secrets import SecretsCollection
from detect_secrets.settings import default_settings

COMMITS = 200  # the newest; a push brings fewer
SKIPPED = {".png", ".pdf", ".ttf", ".mp3", ".wasm", ".ico", ".po", ".pot"}
LOCKED = {"package-lock.json", "requirements.txt", "requirements-dev.txt", "requirements-node.txt"}  # hashes only
MADE_UP = ("tests/", "bench/")  # full of words called password: there only what looks like a real key counts
SHAPES = {
    "token of the interface": re.compile(r"\bet_(?:live|test)_[A-Za-z0-9_-]{20,}"),
    "key of backups": re.compile(r"\bAGE-SECRET-KEY-1[A-Z0-9]{20,}"),
    # With something behind the head: the head alone stands in tests.
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\\n|\s)+[A-Za-z0-9+/=]{40,}"),
}


class Found(NamedTuple):
    """Where something looks like a secret, of which kind, and its SHA-1."""

    place: str
    kind: str
    hash: str


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True, errors="replace")
    return done.stdout


def wanted(name: str) -> bool:
    return Path(name).suffix not in SKIPPED and name not in LOCKED


def tracked() -> list[str]:
    """The text files that git knows."""
    return [name for name in git("ls-files", "-z").split("\0") if name and wanted(name) and Path(name).is_file()]


def added(folder: Path) -> list[str]:
    """Write the lines that recent commits added, and that are gone again, below `folder`; return the paths there."""
    lines: dict[str, list[str]] = {}
    path = ""
    for line in git("log", f"-{COMMITS}", "--patch", "--unified=0", "--no-color", "--format=").splitlines():
        if line.startswith("+++ "):
            path = line.removeprefix("+++ b/").rstrip("\t")
        elif line.startswith("+") and wanted(path):
            lines.setdefault(path, []).append(line[1:])
    for path, texts in lines.items():
        here = set(Path(path).read_text(errors="replace").splitlines() if Path(path).is_file() else [])
        if left := [text for text in texts if text not in here]:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text("\n".join(left))
    return sorted(path for path in lines if (folder / path).exists())


def find(names: list[str], root: str = "") -> Iterator[Found]:
    """What looks like a secret in the files `names` below `root`."""
    made_up = {name for name in names if name.startswith(MADE_UP)}
    for some, without in ((made_up, ["KeywordDetector"]), (set(names) - made_up, [])):
        with default_settings() as settings:
            settings.disable_plugins("IPPublicDetector", "PrivateKeyDetector", *without)
            secrets = SecretsCollection(root=root)
            secrets.scan_files(*sorted(some))
            for name, secret in secrets:
                yield Found(f"{name}:{secret.line_number}", secret.type, secret.secret_hash)
    for name in names:
        text = Path(root, name).read_text(errors="replace")
        for kind, shape in SHAPES.items():
            for match in shape.finditer(text):
                digest = hashlib.sha1(match[0].encode(), usedforsecurity=False).hexdigest()
                yield Found(f"{name}:{text.count(chr(10), 0, match.start()) + 1}", kind, digest)


def known() -> set[str]:
    """The hashes of known_secrets.txt."""
    lines = (Path(__file__).parent / "known_secrets.txt").read_text().splitlines()
    return {line.split()[0] for line in lines if line and not line.startswith("#")}


def main() -> int:
    found = set(find(tracked()))
    with tempfile.TemporaryDirectory() as folder:
        for place, kind, digest in find(added(Path(folder)), folder):
            found.add(Found(f"a recent commit to {place.rpartition(':')[0]}", kind, digest))
    ours = known()
    bad = sorted(one for one in found if one.hash not in ours)
    for place, kind, digest in bad:
        print(f"{place}: {kind}, SHA-1 {digest}")
    print(f"secrets: {len(bad)} found in the tracked files and the last {COMMITS} commits")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
