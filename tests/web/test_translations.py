"""Every sentence is there in every language: nothing missing, nothing left in English, every placeholder kept."""

import re
import subprocess

import pytest
from babel.messages.pofile import read_po

from models import Dossier
from models.catalogue.procedure import LANGUAGES
from paths import ROOT
from support.visitor import Visitor

TRANSLATED = [code for code in LANGUAGES if code != "en"]


def catalogue(code: str):
    with (ROOT / f"translations/{code}/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale=code)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]", text))


@pytest.fixture(scope="session")
def extracted(tmp_path_factory) -> set[str]:
    """The sentences that stand in code and templates now."""
    out = tmp_path_factory.mktemp("pot") / "messages.pot"
    command = ["pybabel", "-q", "extract", "-F", "translations/babel.cfg", "-k", "_l", "-o", str(out), "."]
    subprocess.run([str(ROOT / ".venv/bin/pybabel"), *command[1:]], cwd=ROOT, check=True, capture_output=True)
    with out.open("rb") as file:
        return {key(message.id) for message in read_po(file) if message.id}


def key(message_id: str | tuple[str, ...]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_sentence_is_translated(extracted, code):
    translated = {key(message.id): message for message in catalogue(code) if message.id}
    missing = [text for text in extracted if text not in translated or not all(strings(translated[text]))]
    assert not missing


@pytest.mark.parametrize("code", TRANSLATED)
def test_nothing_is_left_in_english(code):
    left = [m.id for m in catalogue(code) if m.id and m.id in strings(m) and len(str(m.id).split()) > 2]
    assert not left


@pytest.mark.parametrize("code", TRANSLATED)
def test_placeholders_and_margins_are_kept(code):
    for message in catalogue(code):
        for text in strings(message) if message.id else ():
            assert placeholders(text) == placeholders(key(message.id)) or isinstance(message.id, tuple), message.id
            assert text == text.strip(), message.id
            assert "%" not in re.sub(r"%\(\w+\)[sd]", "", text), f"a bare per cent sign breaks templates: {message.id}"


UNTICK = {"de": "ntfern", "fr": "écoch", "lb": "ewech"}  # ticked off would be the opposite


@pytest.mark.parametrize("code", TRANSLATED)
def test_to_untick_is_to_take_the_tick_away(code):
    unticked = {m.id: m.string for m in catalogue(code) if re.search("untick", key(m.id), re.IGNORECASE)}
    assert unticked and [text for text in unticked.values() if UNTICK[code] not in text] == []


def strings(message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


@pytest.mark.parametrize("code", TRANSLATED)
def test_no_page_shows_an_english_sentence(app, form, code, extracted):
    dossier = Dossier.announce(form, code, "for-the-languages")
    english = [text for text in extracted if len(text.split()) > 3 and "%" not in text]
    for path in (
        "/",
        "/procedures",
        "/procedures?q=zzz",
        "/procedures/entry-visa",
        "/track/rent-subsidy/application",
        "/track/rent-subsidy/application?code=1",
        "/t",
        "/t/nothing",
        f"/t/{dossier.number}",
        f"/t/{dossier.number}?new=1",
        f"/t/{dossier.number}/sheet",
        "/sign-in",
        "/help",
        "/privacy",
        "/accessibility",
        "/nothing",
    ):
        shown = " ".join(Visitor(app, code).open(path).text.split())
        assert not [text for text in english if text in shown], path
