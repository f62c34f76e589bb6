"""The documents for people who build and run it, and what stands in them."""

import re
from typing import NamedTuple

from paths import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    language: str
    text: str


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a document."""
    return [Block(language, script) for _margin, language, script in FENCE.findall(text)]


def without_blocks(text: str) -> str:
    return FENCE.sub("", text)
