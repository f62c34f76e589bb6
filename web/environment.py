"""Where settings come from: the environment, or the one file that ETRACKING_ENV_FILE names.

Web server, worker and commands read them by this module, so all see the same. The file is written so that systemd,
Docker, a shell and this module read the same out of it: `NAME=plain` or `NAME='anything'`.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dotenv import dotenv_values, find_dotenv

PREFIX = "ETRACKING_"
FILE = f"{PREFIX}ENV_FILE"
# A value is plain, or in single quotes, or in double quotes without what some reader would replace in them.
LINE = re.compile(
    r"""\s*(?P<name>[A-Za-z_]\w*)=(?:'(?P<single>[^']*)'|"(?P<double>[^"\\$`]*)"|(?P<plain>[^\s'"\\$`;&|<>()~]*))\s*"""
)
NAME = re.compile(r"\s*(?:export\s+)?(\w+)\s*=")


class Stated(NamedTuple):
    """What an operator has set: {name without prefix: text as it was written}."""

    texts: dict[str, str]
    source: str  # for people: where it was read
    problems: list[str]  # in the file itself, or between two sources; no text of a setting stands in them
    other_file: str = ""  # a .env that says something else than the environment


def read() -> Stated:
    """Read the settings of this process."""
    given = {name.removeprefix(PREFIX): text for name, text in os.environ.items() if name.startswith(PREFIX)}
    path = given.pop(FILE.removeprefix(PREFIX), "")
    dotenv_path, dotenv = _dotenv()
    if path:
        left = {name: text for name, text in given.items() if dotenv.get(name) != text}
        return _read_file(path, left)
    differs = any(given.get(name) != text for name, text in dotenv.items())
    return Stated(given, "the environment", [], dotenv_path if differs else "")


def _read_file(path: str, left: dict[str, str]) -> Stated:
    """The settings in the file at `path`. What the environment says beside them (`left`) must not differ."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        return Stated({}, path, [f"{FILE} names {path}, which cannot be read: {reason}"])
    texts, problems = _parse(lines, path)
    problems += [
        f"{PREFIX}{name} in the environment is not what {path} says: with {FILE} only the file counts"
        for name, text in sorted(left.items())
        if texts.get(name) != text
    ]
    return Stated(texts, path, problems)


def _parse(lines: list[str], path: str) -> tuple[dict[str, str], list[str]]:
    texts: dict[str, str] = {}
    problems = []
    for number, line in _ours(lines):
        found = LINE.fullmatch(line)
        name = (NAME.match(line) or [line, ""])[1]
        if found is None:
            problems.append(f"{path}, line {number}: write {name}='...' in one line, with single quotes")
        elif found["name"].removeprefix(PREFIX) in texts:
            problems.append(f"{path}, line {number}: {name} stands there twice")
        else:
            texts[name.removeprefix(PREFIX)] = found["single"] or found["double"] or found["plain"] or ""
    return texts, problems


def _ours(lines: list[str]) -> Iterator[tuple[int, str]]:
    """The lines that set, or try to set, something of ours, with their number. Others may be for gunicorn or Python."""
    for number, line in enumerate(lines, 1):
        named = NAME.match(line)
        if named and named[1].startswith(PREFIX):
            yield number, line


def _dotenv() -> tuple[str, dict[str, str]]:
    """The .env that Flask's command line reads by itself: its path and our settings in it."""
    path = "" if os.environ.get("FLASK_SKIP_DOTENV") else find_dotenv(usecwd=True)
    try:
        values = dotenv_values(path, encoding="utf-8") if path else {}
    except OSError:  # of somebody else, who alone may read it
        values = {}
    return path, {n.removeprefix(PREFIX): text or "" for n, text in values.items() if n.startswith(PREFIX)}
