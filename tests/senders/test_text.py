"""The words: every event, every channel, every language; the one segment of an SMS; the link of a contact."""

from typing import get_args

import pytest
from bs4 import BeautifulSoup
from flask_babel import force_locale, format_date
from hypothesis import given
from hypothesis import strategies as st

from models import Contact, Event, Notification, db, now
from models.catalogue.procedure import LANGUAGES, LOCALES
from models.catalogue.schemas import Kind
from models.dossiers.kinds import MOVES
from models.notifications import consent
from paths import TEMPLATES
from senders import text
from senders.samples import KINDS, TODAY, sample
from support.sending import EVENTS, LONG_SITE, make_app, make_dossier, make_form, make_message
from web.settings import MAX_SITE_URL_LENGTH

FOLDER = TEMPLATES / "notifications"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    app = make_app(f"sqlite:///{tmp_path_factory.mktemp('db')}/test.db", SITE_URL=LONG_SITE)
    with app.app_context():
        yield app


@pytest.fixture(autouse=True)
def rolled_back(app):
    with db.atomic() as transaction:
        yield
        transaction.rollback()


def test_every_kind_of_event_that_is_told_has_its_words(app):
    kinds = {folder.name for folder in FOLDER.iterdir() if folder.is_dir()}
    assert set(KINDS) == kinds >= set(MOVES)
    assert set(get_args(Kind)) == set(EVENTS) - {"added", "changed"}, "the catalogue may choose among them"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_sms_is_one_segment_with_the_link_that_tells_more_and_stops(app, kind, language):
    notification, news = sample(kind, "sms", language, make_form())
    letter = text.compose(notification, notification.event, news)
    assert len(LONG_SITE) == MAX_SITE_URL_LENGTH
    assert letter.text.endswith(f" {LONG_SITE}/c/{text.contact_token(notification.contact)}")
    assert letter.text.startswith("eTracking")
    assert len(letter.text) <= 160 and set(letter.text) <= text.GSM_7 and "\n" not in letter.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_day_of_the_year_needs_more_room_than_that_of_the_samples(app, language):
    with force_locale(LOCALES[language]):
        days = [format_date(TODAY.replace(month=month, day=28), "medium") for month in range(1, 13)]
        assert len(format_date(TODAY, "medium")) == max(map(len, days))


def test_french_colon_begins_no_line(app):
    letter = text.write(make_message("incomplete", language="fr"))
    assert "\u00a0:" in letter.text and " :" not in letter.text.partition("-- ")[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", EVENTS)
def test_mail_says_the_same_in_text_and_html(app, kind, language):
    notification = make_message(kind, language=language)
    letter = text.write(notification)
    page = BeautifulSoup(letter.html, "html.parser")
    assert all(line in letter.text and line in page.get_text() for line in notification.event.dossier.authority.address)
    number = notification.event.dossier.number
    assert page.html["lang"] == language and page.title.text == letter.subject
    assert letter.subject.startswith(page.h1.text)
    assert "\n" not in letter.subject
    for words in (letter.text, page.get_text()):
        assert f"{number[:4]}-{number[4:8]}-{number[8:]}" in words
        assert f"Demande d’aide & loyer ({language})" in words and f"Guichet d’aides <{language}>" in words
    links = {link["href"] for link in page("a")}
    assert links >= {f"{LONG_SITE}/t/{number}", letter.contact_url, "tel:+352000000", "https://housing.example.lu"}
    for paragraph in page("p")[1:4]:
        link = paragraph.a  # its words have a colon after them in the text, and the address on the next line
        assert link["href"] in letter.text if link else paragraph.get_text().strip() in letter.text
    assert not page(["img", "table", "script", "form"])


def test_dates_are_those_of_luxembourg(app):
    assert "30 September 2026" in text.write(make_message("decided")).text
    assert "30 September 2026" in text.write(make_message("received")).text
    assert "28 September 2026" in text.write(make_message("received")).text


def test_missing_documents_their_date_and_the_note_are_in_both(app):
    letter = text.write(make_message("incomplete", note="Please <b>sign</b>\nthe lease."))
    assert "\nMissing:\n- Copy of the passport\n- Lease\n\nGuichet" in letter.text
    for words in ("Copy of the passport", "Lease", "24 December 2026", "the lease."):
        assert words in letter.text and words in letter.html
    assert "> Please <b>sign</b>\n> the lease." in letter.text
    assert "Please &lt;b&gt;sign&lt;/b&gt;<br>the lease." in letter.html


def test_first_message_says_what_to_do_with_the_paper_and_how_to_confirm(app):
    notification = make_message("announced")
    letter = text.write(notification)
    for words in ("11, rue de l’Exemple", "Payslips (en)", "Confirm or stop these messages"):
        assert words in letter.text and words in letter.html
    consent.confirm(notification.contact)
    notification.contact = Contact.get_by_id(notification.contact_id)
    assert "Confirm or stop these messages" not in text.write(notification).text


def test_lapsed_says_what_did_not_arrive(app):
    notification = make_message("lapsed")
    assert "form had not arrived" in text.write(notification).text
    notification.event.from_status = "incomplete"
    assert "What was missing" in text.write(notification).text


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("Lëtzebuerg, français, là-bas, être, œuvre", "Letzebuerg, francais, là-bas, etre, oeuvre"),
        ("l’été « 2026 » – déjà…", 'l\'été " 2026 " - déjà...'),
        ("Äpfel Öl Übung ß éèàùìò ñ £ § Ø", "Äpfel Öl Übung ß éèàùìò ñ £ § Ø"),
        ("12\u202f000\u00a0€", "12 000 EUR"),
    ],
)
def test_letters_that_an_sms_does_not_have_are_written_otherwise(words, plain):
    assert text.sms_segment(words) == plain


@pytest.mark.parametrize("words", ["x" * 161, "…" * 54, "日本", "[x]", "a|b", "🙂"])
def test_text_that_needs_more_than_one_segment_is_refused(words):
    with pytest.raises(ValueError, match="characters"):
        text.sms_segment(words)


@given(st.text(max_size=200))
def test_whatever_passes_is_one_segment(words):
    try:
        plain = text.sms_segment(words)
    except ValueError:
        return
    assert len(plain) <= 160 and set(plain) <= text.GSM_7


def test_token_of_a_contact_leads_back_to_it_and_nothing_else_does(app):
    contact = make_dossier(("email", "someone@example.org")).contacts.get()
    token = text.contact_token(contact)
    assert text.contact_id(token) == text.contact_id(token.upper()) == contact.id
    assert len(token) == 24 and token.isalnum()
    forged = ("", "a", token[:-1], token + "a" * 8, token[:-1] + "a2"[token[-1] == "a"], "é" * 24, "=" * 24, "a" * 9999)
    assert {text.contact_id(other) for other in forged} == {None}


def test_token_of_an_erased_contact_does_not_open_the_next_one(app):
    first = make_dossier(("email", "someone@example.org")).contacts.get()
    token = text.contact_token(first)
    first.erase()
    second = make_dossier(("email", "other@example.org")).contacts.get()
    assert first.id == second.id  # SQLite gives the number again
    assert text.contact_id(token) is None


def test_token_needs_our_key(app, monkeypatch):
    contact = make_dossier(("email", "someone@example.org")).contacts.get()
    token = text.contact_token(contact)
    monkeypatch.setitem(app.config, "SECRET_KEY", "another secret of at least thirty-two characters")
    assert text.contact_id(token) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_digest_tells_the_present_state_and_what_happened(app, channel, language):
    notification = make_message("incomplete", channel, language)
    dossier, contact = notification.event.dossier, notification.contact
    notification.put(state="superseded", run_at=None)
    later = Event.create(
        dossier=dossier, kind="transferred", at=now(), to_status="incomplete", details=EVENTS["transferred"]
    )
    Notification.queue(later, contact, now())
    digest = Notification.get(Notification.event == later)
    digest.put(kind="digest")
    letter = text.write(digest)
    assert channel == "email" or len(letter.text) <= text.SEGMENT
    if channel == "email":
        happened = [line for line in letter.text.splitlines() if line.startswith("- ")]
        assert happened[:2] == ["- Copy of the passport", "- Lease"], "what is missing, as the present state says"
        assert len(happened) == 4 and dossier.number not in "".join(happened)
        assert all(line[2:] in BeautifulSoup(letter.html, "html.parser").get_text() for line in happened)


@pytest.mark.parametrize("channel", ["email", "sms"])
@pytest.mark.parametrize("kind", EVENTS)
def test_what_is_kept_of_a_message_is_what_it_said_without_the_contacts_link(app, kind, channel):
    notification = make_message(kind, channel)
    letter = text.write(notification)
    kept = text.kept(letter, notification.contact)
    assert kept.get("subject", "") == letter.subject and "/c/***" in kept["text"]
    assert text.contact_token(notification.contact) not in str(kept) and notification.contact.address not in str(kept)
    assert kept["text"].replace("***", text.contact_token(notification.contact), 1) == letter.text or kind == "changed"


def test_digest_of_one_event_is_that_events_own_message(app):
    notification = make_message("returned")
    notification.put(kind="digest")
    assert "registered" in text.write(notification).text and "News of" not in text.write(notification).subject
