"""A fault in the catalogue, said to an editor: where it is, what is wrong, and what to do."""

from difflib import get_close_matches
from typing import NamedTuple


class Fault(NamedTuple):
    """One fault. Its text is "file:line: where: what"; `what` ends with what to do about it."""

    file: str  # from the catalogue's own folder on
    line: int  # 0: the file as a whole
    where: str  # "title.de"; empty: no place in the file's structure
    what: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(filter(None, (place, self.where, self.what)))


def did_you_mean(word: str, known: list[str]) -> str:
    """The question for a word that is spelt almost like one of the `known`, else an empty text."""
    plain = word.strip().casefold()
    same = [name for name in known if name.casefold() == plain]
    near = same or get_close_matches(plain, known, n=1, cutoff=0.75)
    return f"did you mean {near[0]}?" if near else ""
