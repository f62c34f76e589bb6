"""Crockford base32: 32 signs without the look-alikes I, L and O, and a check character over the same alphabet."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})  # as people read and type them
_VALUE = {character: value for value, character in enumerate(ALPHABET)}


def check_character(body: str) -> str:
    """The check character of `body`: s = (s xor d) * 2 in GF(32) with x^5 + x^2 + 1, for each value d in turn.

    It finds every wrong character, every swap of neighbours or across one, and every doubled-pair error.
    """
    state = 0
    for character in body:
        state = (state ^ _VALUE[character]) << 1
        if state & 0b100000:
            state ^= 0b100101
    return ALPHABET[state]
