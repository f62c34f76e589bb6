"""The signed link of a contact leads to it, and to nobody else."""

import pytest

from models import Contact
from models.security import keys
from support.sending import make_app, make_dossier


@pytest.fixture
def app(tmp_path):
    app = make_app(f"sqlite:///{tmp_path}/test.db")
    with app.app_context():
        yield app


def test_token_of_a_contact_leads_back_to_it_and_nothing_else_does(app):
    contact = make_dossier(("email", "someone@example.org")).contacts.get()
    token = contact.token
    assert Contact.of_link(token) == Contact.of_link(token.upper()) == contact
    assert len(token) == 24 and token.isalnum()
    forged = ("", "a", token[:-1], token + "a" * 8, token[:-1] + "a2"[token[-1] == "a"], "é" * 24, "=" * 24, "a" * 9999)
    assert {Contact.of_link(other) for other in forged} == {None}


def test_token_of_an_erased_contact_does_not_open_the_next_one(app):
    first = make_dossier(("email", "someone@example.org")).contacts.get()
    token = first.token
    first.erase()
    second = make_dossier(("email", "other@example.org")).contacts.get()
    assert first.id == second.id  # SQLite gives the number again
    assert Contact.of_link(token) is None


def test_token_needs_our_key(app):
    contact = make_dossier(("email", "someone@example.org")).contacts.get()
    token = contact.token
    keys.initialize("another secret of at least thirty-two characters")
    assert Contact.of_link(token) is None
