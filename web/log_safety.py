"""What may stand in a log: no e-mail address, number, token, URL or other value that a visitor sent.

Our own lines are written so. Lines of libraries and texts of exceptions are not: of them only what cannot hold a
value is kept.
"""

import logging
import os
import re
import traceback

from paths import ROOT

OURS = "etracking"
CHAIN = 4  # exceptions named of a chain of causes
# Python writes the texts of these out of names in the code. Not of others: a ValueError, KeyError or UnicodeError
# quotes its input, a database error its row.
BY_PYTHON: tuple[type[BaseException], ...] = (
    *(AttributeError, ImportError, ModuleNotFoundError, NameError, TypeError, UnboundLocalError),
    *(MemoryError, RecursionError, ZeroDivisionError),
)
# What SQLite says about the database as a whole, not about a row or a statement.
OF_SQLITE = (
    "attempt to write a readonly database",
    "database disk image is malformed",
    "database is locked",
    "database or disk is full",
    "disk I/O error",
    "file is not a database",
    "unable to open database file",
)
NO_SUCH = re.compile(r"no such (table|column): [\w.]+")
QUOTED = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`|<[^>]*>""")
WORD = re.compile(r"[A-Za-z.,:;()!?=-]+")
HIDDEN = "..."


def is_ours(record: logging.LogRecord) -> bool:
    """True for a line of our own code."""
    return record.name == OURS or record.name.startswith(f"{OURS}.")


def wanted(record: logging.LogRecord) -> bool:
    """False for what libraries say below WARNING: some log addresses and texts at DEBUG.

    gunicorn's lines of level INFO are wanted: they tell of its start and end.
    """
    lowest = logging.INFO if record.name == "gunicorn.error" else logging.WARNING
    return is_ours(record) or record.levelno >= lowest


def text(record: logging.LogRecord) -> str:
    """The text of a line; of a library's line without the values in it."""
    if is_ours(record) or (record.name == "gunicorn.error" and record.levelno == logging.INFO):
        return record.getMessage()
    if not isinstance(record.msg, str):
        return type(record.msg).__name__
    if not record.args:
        return _plain_words(record.msg)
    try:
        return record.msg % _numbers_only(record.args)
    except (TypeError, ValueError, KeyError):
        return record.msg


def describe(error: BaseException | None) -> str:
    """The type of `error` and of its causes, each with its text if that cannot hold a value."""
    found: list[str] = []
    while error and len(found) < CHAIN:
        said = _safe_text(error)
        found.append(f"{type(error).__name__}: {said}" if said else type(error).__name__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return ", from ".join(found)


def frames(error: BaseException | None) -> list[str]:
    """The stack of `error`, outermost first: file, line and function, no values."""
    stack = traceback.extract_tb(error.__traceback__) if error else []
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in stack]


def _safe_text(error: BaseException) -> str:
    """The text of `error`, or empty if it may quote data."""
    if getattr(type(error), "safe_to_log", False):  # an exception of ours whose text never holds a value
        return str(error)
    if isinstance(error, OSError) and (error.errno or 0) > 0:  # without its file name
        return f"[Errno {error.errno}] {os.strerror(error.errno or 0)}"
    if sqlstate := getattr(error, "sqlstate", None):  # of PostgreSQL
        return f"SQLSTATE {sqlstate}"
    if type(error) in BY_PYTHON and not _raised_by_hand(error):
        return str(error)
    return _of_sqlite(str(error))


def _of_sqlite(said: str) -> str:
    """What a text says about the database as a whole, or empty."""
    if no_such := NO_SUCH.search(said):
        return no_such[0]
    return next((known for known in OF_SQLITE if known in said), "")


def _raised_by_hand(error: BaseException) -> bool:
    """True if a `raise` wrote the text of `error`: then it may quote anything."""
    stack = traceback.extract_tb(error.__traceback__)
    return not stack or (stack[-1].line or "raise").startswith("raise")


def _short(path: str) -> str:
    """The path below our folder or below the libraries'."""
    return path.removeprefix(f"{ROOT}/").partition("site-packages/")[2] or path.removeprefix(f"{ROOT}/")


def _numbers_only(args: object) -> object:
    """The arguments of a line, but each that is no number hidden."""
    if isinstance(args, dict):
        return {key: _number(value) for key, value in args.items()}
    return tuple(_number(value) for value in args) if isinstance(args, tuple) else _number(args)


def _number(value: object) -> object:
    return value if isinstance(value, int | float) else HIDDEN


def _plain_words(said: str) -> str:
    """Only what is a word: nothing quoted, no digit, path, address or URL."""
    words = QUOTED.sub(HIDDEN, said).split()
    return " ".join(word if WORD.fullmatch(word) else HIDDEN for word in words)
