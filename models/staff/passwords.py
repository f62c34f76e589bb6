"""Password policy and hashing for the staff: a minimum length, a blocklist, argon2id."""

import re
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

MIN_PASSWORD_LENGTH = 15  # length is stronger than composition rules (OWASP ASVS 5.0, 6.2)
MAX_PASSWORD_LENGTH = 1000
MIN_PIECES = 8  # see _count_pieces()
MIN_MATCH_LENGTH = 3  # a shorter match with the blocklist is a coincidence

# Blocklist (NIST SP 800-63B-4, 3.1.1.2): what long passwords in the published lists of stolen ones are made of.
KEYBOARD_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "12345678901234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
    "1q2w3e4r5t6z7u8i9o0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5z6u7i8o9p0",
    "q1w2e3r4t5y6u7i8o9p0",
)
COMMON_WORDS = (
    "password passwort passwuert motdepasse passw0rd p@ssw0rd p@ssword welcome willkommen wëllkomm bienvenue letmein "
    "changeme thisismy geheim secret admin administrator iloveyou football sunshine princess monkey dragon superman "
    "etracking luxembourg luxemburg lëtzebuerg letzebuerg"
)
BLOCKLIST = " ".join([*KEYBOARD_ROWS, *(row[::-1] for row in KEYBOARD_ROWS), COMMON_WORDS])

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)  # OWASP's minimum for argon2id, about 50 ms
DUMMY_HASH = _hasher.hash(secrets.token_hex())  # verified for unknown accounts, so that they take the same time


class EasyPasswordError(ValueError):
    """The password is long enough, but easy to guess."""


def hashed(password: str, email: str) -> str:
    """The hash of a new password for the account with this e-mail address.

    Raises ValueError for one that is too short or too long, EasyPasswordError for one that is easy to guess.
    """
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise ValueError(
            f"the password needs at least {MIN_PASSWORD_LENGTH} characters, and {MAX_PASSWORD_LENGTH:,} at most"
        )
    if _count_pieces(password, f"{BLOCKLIST} {email}") < MIN_PIECES:
        raise EasyPasswordError(
            "the password is easy to guess: common words, rows of keys and repetitions count little"
        )
    return _hasher.hash(password)


def matches(stored: str, password: str) -> bool:
    """True if `password` has the hash `stored`. Too long a password takes as long to check as any other."""
    possible = len(password) <= MAX_PASSWORD_LENGTH
    try:
        return _hasher.verify(stored, password if possible else "") and possible
    except VerificationError:
        return False


def _count_pieces(password: str, known: str) -> int:
    """The number of pieces an attacker has to guess, a simple estimate of strength.

    A piece is a single character, or a run of characters that stands in `known` or earlier in the password.
    """
    text, known = re.sub(r"(.)\1{2,}", r"\1", password.casefold()), known.casefold()
    count = at = 0
    while at < len(text):
        at += _piece_length(text, at, known)
        count += 1
    return count


def _piece_length(text: str, at: int, known: str) -> int:
    """The length of the longest piece that begins at `at`."""
    length = 1
    for end in range(at + MIN_MATCH_LENGTH, len(text) + 1):
        if text[at:end] not in known and text[at:end] not in text[: end - 1]:
            break
        length = end - at
    return length
