"""Passwords of the staff: how long, how hard to guess (zxcvbn), and their hashes (argon2id)."""

import base64
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerificationError

MIN_PASSWORD_LENGTH = 15  # length is stronger than composition rules (OWASP ASVS 5.0, 6.2)
MAX_PASSWORD_LENGTH = 1000
MIN_GUESSES = 10**13  # by the estimate of zxcvbn, whose best mark begins at 10**10
# zxcvbn tries every spelling with digits for letters: 72 characters made on purpose keep it busy for 2.5 s, 32 for 0.5.
MAX_ESTIMATED_LENGTH = 32

# What people here think of first. The lists of zxcvbn are English.
LOCAL_WORDS = (
    "etracking luxembourg luxemburg lëtzebuerg letzebuerg grand-duché "
    "passwort passwuert motdepasse geheim secret willkommen wëllkomm bienvenue moien hallo bonjour "
    "verwaltung administration ministère ministerium schalter guichet gemeinde commune gemeng dossier "
    "sommer winter frühling herbst summer wanter fréijoer hierscht été hiver printemps automne "
    "januar februar märz april juni juli august oktober dezember janvier février mars avril juin juillet août décembre"
)

# RFC 9106, 4: with one lane and 64 MiB, three passes. About 0.15 s. Raise them here: see needs_rehash().
COST = {"time_cost": 3, "memory_cost": 64 * 1024}
# In one process, which has four threads: two hashes take 128 MiB, one sign-in waits, one thread is for everybody else.
MAX_PARALLEL_HASHES = 2
MAX_WAITING = 1
MAX_WAIT_SECONDS = 2.0

Weakness = Literal["words", "own", "rows", "repeated", "dates"]
_WEAKNESS: dict[str, Weakness] = {  # a pattern of zxcvbn -> what is said of it
    "dictionary": "words",
    "spatial": "rows",
    "sequence": "rows",
    "repeat": "repeated",
    "date": "dates",
    "regex": "dates",
}
_hashing = threading.BoundedSemaphore(MAX_PARALLEL_HASHES)
_inside = threading.BoundedSemaphore(MAX_PARALLEL_HASHES + MAX_WAITING)
_estimating = threading.Lock()  # zxcvbn keeps the words of the present call in a global variable


class EasyPasswordError(ValueError):
    """The password is long enough, but easy to guess; `weakness` says why."""

    def __init__(self, weakness: Weakness) -> None:
        super().__init__("the password is easy to guess: common words, rows of keys and repetitions count little")
        self.weakness = weakness


class BusyError(Exception):
    """So many passwords are being checked that this one was not. Nothing was changed."""


def hashed(password: str, email: str) -> str:
    """The hash of a new password for the account with this e-mail address. Call it outside a transaction: it is slow.

    Raises ValueError for one that is too short or too long, EasyPasswordError for one that is easy to guess, BusyError.
    """
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise ValueError(
            f"the password needs at least {MIN_PASSWORD_LENGTH} characters, and {MAX_PASSWORD_LENGTH:,} at most"
        )
    if weakness := _weakness(password, email):
        raise EasyPasswordError(weakness)
    return rehashed(password)


def rehashed(password: str) -> str:
    """The hash of a password that was right, with the present parameters. Raises BusyError."""
    with _one_of_few():
        return _hasher().hash(password)


def matches(stored: str, password: str) -> bool:
    """True if `password` has the hash `stored`. Raises BusyError.

    It takes the same time for no hash (an empty text, of an unknown account), for one of older parameters, and for a
    password that is too long.
    """
    possible = len(password) <= MAX_PASSWORD_LENGTH
    with _one_of_few():
        _make_up_for(stored)
        try:
            return _hasher().verify(stored or _of_nothing(), password if possible else "") and possible
        except VerificationError:
            return False


def needs_rehash(stored: str) -> bool:
    """True if `stored` was made with other parameters than those of today."""
    return _hasher().check_needs_rehash(stored)


def _hasher(memory: int = 0) -> PasswordHasher:
    return PasswordHasher(time_cost=COST["time_cost"], memory_cost=memory or COST["memory_cost"], parallelism=1)


def _of_nothing() -> str:
    """A hash with the present parameters that no password has."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    parameters = f"m={COST['memory_cost']},t={COST['time_cost']},p=1"
    return f"$argon2id$v=19${parameters}${salt}${digest}"


def _make_up_for(stored: str) -> None:
    """Do the work that an older hash takes less than a new one: else its time would tell that the account exists."""
    if not stored or not needs_rehash(stored):
        return
    older = extract_parameters(stored)
    memory = COST["memory_cost"] - older.time_cost * older.memory_cost // COST["time_cost"]
    if memory >= 8:  # KiB, the least that argon2 takes
        _hasher(memory).hash("")


@contextmanager
def _one_of_few() -> Iterator[None]:
    """Wait until few enough hashes are being made. Raises BusyError, at once if others wait already."""
    with _place_in(_inside, 0), _place_in(_hashing, MAX_WAIT_SECONDS):
        yield


@contextmanager
def _place_in(room: threading.Semaphore, seconds: float) -> Iterator[None]:
    if not room.acquire(timeout=seconds):
        raise BusyError
    try:
        yield
    finally:
        room.release()


def _weakness(password: str, email: str) -> Weakness | None:
    """Why the password is easy to guess; None if it is not. Only its beginning counts."""
    from zxcvbn import zxcvbn

    own = [email, *re.split(r"[^\w]+", email)]
    with _estimating:
        estimate = zxcvbn(password[:MAX_ESTIMATED_LENGTH], user_inputs=[*own, *LOCAL_WORDS.split()])
    if estimate["guesses"] >= MIN_GUESSES:
        return None
    found = [match for match in estimate["sequence"] if match["pattern"] in _WEAKNESS]
    return _named(max(found, key=lambda match: len(match["token"])), own) if found else "words"


def _named(match: dict[str, Any], own: list[str]) -> Weakness:
    if match["pattern"] == "dictionary" and match["token"].lower() in {word.lower() for word in own}:
        return "own"
    return _WEAKNESS[match["pattern"]]
