"""Passwords of the staff: long, not among the first that anybody would try, and kept as argon2id."""

import re
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

SHORTEST = 15  # characters; length beats rules of composition (OWASP ASVS 5.0, 6.2)
LONGEST = 1000
PIECES = 8  # that somebody has to guess, at least
CHANCE = 3  # characters that stand somewhere else too are no chance

# What passwords of such a length are made of in the lists of stolen ones (a blocklist: NIST SP 800-63B-4, 3.1.1.2).
KEYS = (
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
WORDS = (
    "password passwort passwuert motdepasse passw0rd p@ssw0rd p@ssword welcome willkommen wëllkomm bienvenue letmein "
    "changeme thisismy geheim secret admin administrator iloveyou football sunshine princess monkey dragon superman "
    "etracking luxembourg luxemburg lëtzebuerg letzebuerg"
)
KNOWN = " ".join([*KEYS, *(line[::-1] for line in KEYS), WORDS])

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)  # OWASP's floor for argon2id, some 50 ms
NOBODY = _hasher.hash(secrets.token_hex())  # checked for unknown users too: the answer takes the same time


class EasyPassword(ValueError):
    """A password that is long enough, but soon guessed."""


def hashed(password: str, email: str) -> str:
    """What is kept of a new password of the account with this address. Raises ValueError for a short or very long one,
    EasyPassword for one of too few pieces."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"the password needs at least {SHORTEST} characters, and {LONGEST:,} at most")
    if _pieces(password, f"{KNOWN} {email}") < PIECES:
        raise EasyPassword("the password is easy to guess: common words, rows of keys and repetitions count little")
    return _hasher.hash(password)


def right(stored: str, password: str) -> bool:
    """Whether this is the password; what is too long to be one takes as long to check."""
    possible = len(password) <= LONGEST
    try:
        return _hasher.verify(stored, password if possible else "") and possible
    except VerificationError:
        return False


def _pieces(password: str, known: str) -> int:
    """How many things somebody has to guess: each is a character, or a piece that is known or came before."""
    text, known = re.sub(r"(.)\1{2,}", r"\1", password.casefold()), known.casefold()
    count = at = 0
    while at < len(text):
        at += _piece(text, at, known)
        count += 1
    return count


def _piece(text: str, at: int, known: str) -> int:
    """The length of the longest piece that begins here."""
    length = 1
    for end in range(at + CHANCE, len(text) + 1):
        if text[at:end] not in known and text[at:end] not in text[: end - 1]:
            break
        length = end - at
    return length
