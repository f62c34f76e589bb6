"""The follow-up sheet: only what is missing, the mark of its round, and a code that leads to the dossier."""

import datetime as dt
import io

import pikepdf
import pytest

from commands import outgoing
from models import Authority, Dossier, Event, Notification, today
from models.catalogue.procedure import LANGUAGES
from models.dossiers.codes import Scanned
from models.dossiers.codes import codes as codes_in
from models.dossiers.moves import Move
from models.dossiers.number import grouped, new_number
from support.envelopes import ENVELOPES, touches, windows, within
from support.paper_reading import codes, text, words, wrong_tags
from support.site import running
from support.visitor import Visitor

UNTIL = today() + dt.timedelta(days=30)
PASSPORT = {"de": "Kopie des Passes", "fr": "Copie du passeport", "en": "Copy of the passport", "lb": "Kopie vum Pass"}


def ask(dossier: Dossier, clerk, *missing, until: dt.date | None = UNTIL) -> Event:
    """The envelope has arrived, and the clerk asks for what was not in it."""
    if dossier.status != "received":
        dossier.move(Move("received", by=clerk, version=dossier.version, arrived_on=today()))
    return dossier.move(Move("incomplete", by=clerk, version=dossier.version, missing=list(missing), until=until))


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheet_lists_only_what_is_missing_and_its_code_names_the_round(app, dossier, clerk, language):
    ask(dossier, clerk, PASSPORT, "Lease, all 3 pages")
    address = f"/t/{dossier.number}/sheet/1"
    pdf = Visitor(app, language).open(f"{address}.pdf").data
    page = Visitor(app, language).get(address)
    shown = " ".join(text(pdf)[0].split())
    for words_ in (PASSPORT[language], "Lease, all 3 pages", grouped(dossier.number)):
        assert words_ in shown and words_ in page.text
    for enclosure in dossier.form.enclosures:
        assert enclosure[language] not in shown and enclosure[language] not in page.text
    (code,) = codes(pdf)[0]
    assert code.text == f"HTTP://LOCALHOST/T/{dossier.number}/1"
    assert codes_in(code.text) == (Scanned((dossier.number,), 1),)
    assert f"localhost/t/{dossier.number}/1" in text(pdf)[0].replace("\r\n", "")
    assert page.soup.select_one(".round").get_text() in shown


@pytest.mark.parametrize("window", ["left", "right"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_sheet_is_accessible_and_long_lists_leave_the_window_free(app, dossier, clerk, language, window):
    Authority.update(window=window).execute()
    ask(dossier, clerk, *(["A certificate of the municipality that is not older than three months " * 3] * 20))
    pdf = Visitor(app, language).open(f"/t/{dossier.number}/sheet/1.pdf").data
    assert wrong_tags(pdf) == []
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.Root.Lang == language and document.Root.ViewerPreferences.PrintScaling == "/None"
        assert b"<pdfuaid:part>1</pdfuaid:part>" in document.Root.Metadata.read_bytes()
    allowed = {word for line in dossier.authority.address for word in line.split()}
    for _always, ever in (windows(*envelope) for envelope in ENVELOPES.values() if envelope[4] == window):
        assert not {word for word, box in words(pdf) if touches(box, ever)} - allowed
    assert within(words(pdf)[0][1], (20, 10, 195, 40))


def test_each_round_has_a_sheet_of_its_own_and_an_old_one_stays_as_it_was(visitor, dossier, clerk):
    ask(dossier, clerk, "Passport")
    first = visitor.open(f"/t/{dossier.number}/sheet/1.pdf").data
    ask(dossier, clerk, "Lease", until=None)
    second = visitor.open(f"/t/{dossier.number}/sheet/2.pdf").data
    assert "Lease" in text(second)[0] and "Passport" not in text(second)[0]
    assert visitor.open(f"/t/{dossier.number}/sheet/1.pdf").data == first
    links = [link["href"] for link in visitor.get(f"/t/{dossier.number}").soup.select(".status a[href*=sheet]")]
    assert links == [f"/t/{dossier.number}/sheet/2.pdf", f"/t/{dossier.number}/sheet/2"]


def test_code_of_any_round_leads_to_the_status_page(visitor, dossier, clerk):
    ask(dossier, clerk, "Passport")
    for address in ("/T/{}/1", "/t/{}/1", "/T/{}/7"):
        page = visitor.get(address.format(dossier.number))
        assert page.title == "Documents are missing"
        assert (
            page.response.headers["Cache-Control"] == "no-store" and "noindex" in page.response.headers["X-Robots-Tag"]
        )
    visitor.get(f"/t/{new_number()}/1", status=404)
    assert (
        visitor.submit(visitor.get("/t"), number=f"http://localhost/T/{dossier.number}/1").url == f"/t/{dossier.number}"
    )


@pytest.mark.parametrize("tail", ["/sheet/1", "/sheet/1.pdf", "/sheet/999.pdf", "/sheet/" + "9" * 5000])
def test_round_that_never_was_has_no_sheet_and_is_not_called_a_wrong_number(visitor, dossier, tail):
    page = visitor.get(f"/t/{dossier.number}{tail}", status=404)
    assert page.title == ("We do not know this number" if len(tail) > 99 else "This page does not exist")


def test_sheet_of_a_stranger_s_number_is_not_found(visitor, dossier, clerk):
    ask(dossier, clerk, "Passport")
    for number in (new_number(), "K7Q2"):
        for tail in ("/sheet/1", "/sheet/1.pdf"):
            assert visitor.get(f"/t/{number}{tail}", status=404).title == "We do not know this number"
    assert visitor.open(f"/t/{dossier.number}/sheet/1", "POST").status_code == 405


def test_sheet_goes_with_the_mail_that_asks_for_the_papers(sqlite_url, app, with_mail, clerk):
    ask(with_mail, clerk, PASSPORT)
    notification = Notification.select().order_by(Notification.id.desc()).first()
    with running(sqlite_url).app_context():
        letter = outgoing.write(notification)
    ((name, pdf),) = letter.attachments
    assert name == f"eTracking-{with_mail.number}-1.pdf"
    assert [code.text for code in codes(pdf)[0]] == [f"HTTP://LOCALHOST/T/{with_mail.number}/1"]
    assert "Copy of the passport" in letter.text and "Print the attached sheet" in letter.text
