"""The words of a page piece by piece, so that a page in one language can be searched for those of another."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from bs4 import BeautifulSoup, NavigableString, Tag

from models import MODELS
from models.catalogue.procedure import LANGUAGES

SPOKEN = ("alt", "title", "aria-label", "placeholder", "label")
SILENT = {"script", "style"}
BORDERS = re.compile(r"[^\w’'\-\u00a0\u202f ]+|\d+")
ADDRESS = re.compile(r"\S*[/@#]\S*|\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}\b( – eTracking)?")  # and numbers
CATALOGUE = ("authority", "topic", "procedure", "form", "text_block")
ALIKE = "English Dossiers Helpdesk Menu Pages"  # written alike in English and another language


def runs(html: str) -> set[str]:
    """What a page says, each text between two tags and each attribute that is shown or spoken, white space folded."""
    soup = BeautifulSoup(html, "html.parser")
    for tag in soup.select("[translate=no], .languages, code, [data-keep], body [lang]"):
        tag.decompose()
    return {text for raw in _raw(soup) if (text := " ".join(raw.split()))}


def _raw(soup: BeautifulSoup) -> Iterator[str]:
    for node in soup.descendants:
        if isinstance(node, Tag):
            yield from (value for name, value in node.attrs.items() if _said(node, name, value))
        elif type(node) is NavigableString and node.parent.name not in SILENT:
            yield str(node)


def _said(tag: Tag, name: str, value: str | list[str]) -> bool:
    if name.startswith("data-"):  # for a script: a sentence, or else an address or a name
        return " " in value
    if name == "content":
        return tag.get("name") == "description"
    return name in SPOKEN or (tag.name, name) == ("input", "value") and tag.get("type") in ("submit", "button")


def pieces(texts: Iterable[str]) -> set[str]:
    """The parts of sentences that can be searched for: two words or more, without what changes with the day."""
    parts = (part.strip(" -'’") for text in texts for part in BORDERS.split(ADDRESS.sub("", text)))
    return {part for part in parts if " " in part and sum(map(str.isalpha, part)) >= 8}


def left_over(source: set[str], shown: set[str], own: str) -> set[str]:
    """What `source` says in its language and `shown` says too; `own` are words that its language has by right."""
    whole = {text for text in source & shown if sum(map(str.isalpha, ADDRESS.sub("", text))) >= 4}
    return {text for text in whole | pieces(source) & pieces(shown) if not _stands_in(text, own)}


def _stands_in(words: str, text: str) -> bool:
    return words in text and re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None


@cache
def of_the_catalogue(language: str) -> str:
    """All that the catalogue says in a language, and what it says in none: addresses."""
    models = [model for model in MODELS if model._meta.table_name in CATALOGUE]
    found = (text for model in models for row in model.select().dicts() for text in _texts(row, language))
    return " ".join(" ".join(found).split())


def _texts(value: object, language: str) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    if isinstance(value, dict):
        value = [part for name, part in value.items() if name == language or name not in LANGUAGES]
    if isinstance(value, list):
        for part in value:
            yield from _texts(part, language)
