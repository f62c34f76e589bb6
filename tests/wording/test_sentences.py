"""Every sentence stands where it is found: a literal in a call of gettext, outside f-strings. And it is translated."""

import ast

import pytest
from babel.messages.pofile import read_po

from models.catalogue.procedure import LANGUAGES
from paths import TRANSLATIONS
from support.sentences import in_module, in_templates, modules, renamed

HIDDEN = """
from flask_babel import gettext as say
import flask_babel
f"{_('One.')}"
_(f"Two {x}.")
_("Three " + x)
ngettext("Four.", many, 4)
gettext()
"""


@pytest.fixture(scope="session")
def in_code():
    return [call for path, tree in modules() for call in in_module(path, tree)]


def test_hidden_sentences_are_seen():
    tree = ast.parse(HIDDEN)
    calls = in_module("x.py", tree)
    assert [(call.sentences, call.in_f_string) for call in calls if not call.in_f_string and all(call.sentences)] == []
    assert len(calls) == 5 and renamed("x.py", tree) == ["x.py: say", "x.py: flask_babel"]


def test_no_sentence_is_inside_an_f_string(in_code):
    assert len(in_code) > 500
    assert not [call.place for call in in_code if call.in_f_string], "pybabel does not look into f-strings"


def test_every_sentence_in_code_is_a_literal(in_code):
    assert not [call.place for call in in_code if None in call.sentences]
    assert not [name for path, tree in modules() for name in renamed(path, tree)], "pybabel does not know the name"


def test_every_sentence_in_a_template_is_a_literal(app):
    calls = in_templates(app)
    assert len(calls) > 500 and not [call.place for call in calls if None in call.sentences]


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_every_sentence_is_translated_whether_the_extractor_sees_it_or_not(app, in_code, code):
    with (TRANSLATIONS / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        translated = {_first(message.id): message.string for message in read_po(file, locale=code) if message.id}
    sentences = {call.sentences[0]: call.place for call in [*in_code, *in_templates(app)]}
    assert not {place for text, place in sentences.items() if not translated.get(text)}


def _first(text):
    return text if isinstance(text, str) else text[0]
