"""What notifications say: every event, every channel, every language; an SMS in one segment."""

import datetime as dt
import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from flask_babel import force_locale, format_date

from commands import outgoing
from models import Contact, Event, Notification, db, now
from models.catalogue.procedure import LANGUAGES, LOCALES
from models.dossiers.kinds import MOVES, TOLD
from models.notifications import consent, content, outbox
from paths import TEMPLATES
from support.sending import EVENTS, LONG_SITE, make_app, make_form, make_message
from web.sending_checks import MAX_SITE_URL_LENGTH
from wording import letters
from wording.samples import KINDS, TODAY, sample
from wording.sms_alphabet import GSM_7, SEGMENT_LENGTH, spelled

FOLDER = TEMPLATES / "notifications"
DAY = re.compile(r"\d{4}-\d\d-\d\d")
# A line of a digest has the day of the event and its subject. These dates of its details stand on the status page.
LEFT_TO_THE_PAGE = {"corrected": {"from"}, "returned": {"on"}, "unarrived": {"on"}, "incomplete": {"until"}}


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
    assert set(TOLD) == set(EVENTS) - {"added", "changed"}, "the catalogue may choose among them"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_sms_is_one_segment_with_the_link_that_tells_more_and_stops(app, kind, language):
    told = sample(kind, "sms", language, make_form())
    letter = letters.write(told)
    assert len(LONG_SITE) == MAX_SITE_URL_LENGTH
    assert letter.text.endswith(f" {LONG_SITE}/c/{told.contact.token}")
    assert letter.text.startswith("eTracking")
    assert len(letter.text) <= 160 and set(letter.text) <= GSM_7 and "\n" not in letter.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_sms_has_room_for_the_arrival_and_the_day_of_what_is_missing(app, language):
    told = replace(
        sample("incomplete", "sms", language, make_form()), arrival=sample("received", "sms", "de", make_form()).event
    )
    text = letters.write(told).text
    with force_locale(LOCALES[language]):
        days = [format_date(day, "medium") for day in (told.arrival.arrived_on, told.event.until)]
    assert all(spelled(day) in text for day in days) and " Info/STOP: " in text and "..." not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_day_of_the_year_needs_more_room_than_that_of_the_samples(app, language):
    with force_locale(LOCALES[language]):
        days = [format_date(TODAY.replace(month=month, day=28), "medium") for month in range(1, 13)]
        assert len(format_date(TODAY, "medium")) == max(map(len, days))


def test_french_colon_begins_no_line(app):
    letter = outgoing.write(make_message("incomplete", language="fr"))
    assert "\u00a0:" in letter.text and " :" not in letter.text.partition("-- ")[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", EVENTS)
def test_mail_says_the_same_in_text_and_html(app, kind, language):
    notification = make_message(kind, language=language)
    letter = outgoing.write(notification)
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
    assert "30 September 2026" in outgoing.write(make_message("decided")).text
    assert "30 September 2026" in outgoing.write(make_message("received")).text
    assert "28 September 2026" in outgoing.write(make_message("received")).text


def test_missing_documents_their_date_and_the_note_are_in_both(app):
    letter = outgoing.write(make_message("incomplete", note="Please <b>sign</b>\nthe lease."))
    assert "\nMissing:\n- Copy of the passport\n- Lease\n\nGuichet" in letter.text
    for words in ("Copy of the passport", "Lease", "24 December 2026", "the lease."):
        assert words in letter.text and words in letter.html
    assert "> Please <b>sign</b>\n> the lease." in letter.text
    assert "Please &lt;b&gt;sign&lt;/b&gt;<br>the lease." in letter.html


def test_first_message_says_what_to_do_with_the_paper_and_how_to_confirm(app):
    notification = make_message("announced")
    letter = outgoing.write(notification)
    for words in ("11, rue de l’Exemple", "Payslips (en)", "Confirm or stop these messages"):
        assert words in letter.text and words in letter.html
    consent.confirm(notification.contact)
    notification.contact = Contact.get_by_id(notification.contact_id)
    assert "Confirm or stop these messages" not in outgoing.write(notification).text


def test_lapsed_says_what_did_not_arrive(app):
    notification = make_message("lapsed")
    assert "form had not arrived" in outgoing.write(notification).text
    notification.event.from_status = "incomplete"
    assert "What was missing" in outgoing.write(notification).text


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
    letter = outgoing.write(digest)
    assert channel == "email" or len(letter.text) <= SEGMENT_LENGTH
    if channel == "email":
        happened = [line for line in letter.text.splitlines() if line.startswith("- ")]
        assert happened[:2] == ["- Copy of the passport", "- Lease"], "what is missing, as the present state says"
        assert len(happened) == 4 and dossier.number not in "".join(happened)
        assert all(line[2:] in BeautifulSoup(letter.html, "html.parser").get_text() for line in happened)


@pytest.mark.parametrize("channel", ["email", "sms"])
@pytest.mark.parametrize("kind", EVENTS)
def test_what_is_kept_of_a_message_is_what_it_said_without_the_contacts_link(app, kind, channel):
    notification = make_message(kind, channel)
    letter = outgoing.write(notification)
    kept = letter.kept(notification.contact.token)
    assert kept.get("subject", "") == letter.subject and "/c/***" in kept["text"]
    assert notification.contact.token not in str(kept) and notification.contact.address not in str(kept)
    assert kept["text"].replace("***", notification.contact.token, 1) == letter.text or kind == "changed"


def test_digest_of_one_event_is_that_events_own_message(app):
    notification = make_message("returned")
    notification.put(kind="digest")
    assert "registered" in outgoing.write(notification).text and "News of" not in outgoing.write(notification).subject


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", EVENTS)
def test_mail_says_every_date_in_the_details_of_its_event(app, kind, language):
    told = sample(kind, "email", language, make_form())
    days = own_days(told.event)
    unsaid = {name for name, day in days.items() if not says(letters.write(told).text, day, language)}
    assert not unsaid, f"wording/letters.py (_dates, _details) or body.txt of {kind!r}: a date is not said: {unsaid}"


@pytest.mark.parametrize("kind", EVENTS)
def test_line_of_a_digest_says_every_date_in_the_details_but_those_known(app, kind):
    told = sample(kind, "email", "en", make_form())
    present, days = sample("received", "email", "en", make_form()).event, own_days(told.event)
    text = letters.write(replace(told, event=present, news=[told.event, present])).text
    unsaid = {name for name, day in days.items() if not says(text, day, "en")}
    assert unsaid == LEFT_TO_THE_PAGE.get(kind, set()), (
        f"wording/letters.py: _happened() does not say {unsaid} of {kind!r}: add it there, or to LEFT_TO_THE_PAGE"
    )


def own_days(event: Event) -> dict[str, dt.date]:
    """Give the dates in the details of `event` other days, which a letter says for no other reason; return them."""
    names = [name for name, value in event.details.items() if DAY.fullmatch(str(value))]
    days = {name: dt.date(2026, 8, 3 + at) for at, name in enumerate(names)}
    event.details = event.details | {name: day.isoformat() for name, day in days.items()}
    return days


def says(text: str, day: dt.date, language: str) -> bool:
    with force_locale(LOCALES[language]):
        return any(format_date(day, length) in " ".join(text.split()) for length in ("long", "medium"))


@pytest.mark.parametrize("channel", ["email", "sms"])
@pytest.mark.parametrize("kind", EVENTS)
def test_letter_is_written_without_the_database(app, kind, channel, monkeypatch):
    make_message(kind, channel)
    loaded = content.load(outbox.claim("worker", channel, hours=outbox.Hours(0, 24)))
    with monkeypatch.context() as patched:
        patched.setattr(db.obj, "execute_sql", {}.__getitem__)
        assert letters.write(loaded).text
        with pytest.raises((KeyError, TypeError)):
            Event.get()  # the check sees what it looks for
