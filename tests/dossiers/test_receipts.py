"""The arrival receipt: what it says, that nobody else can make one, and what became of it since."""

import datetime as dt
import io

import pikepdf
import pytest

from models import Authority, Dossier, Procedure, today
from models.catalogue.procedure import LANGUAGES, LOCALES
from models.dossiers.codes import Scanned
from models.dossiers.codes import codes as codes_in
from models.dossiers.moves import Act, Move
from models.dossiers.number import grouped, new_number
from models.security import keys
from models.security.crockford import check_character
from support.moves import HOLD
from support.paper_reading import codes, text, words, wrong_tags
from support.site import signed_in
from support.visitor import Visitor

LONG = "Administration de l’exemple, du contrôle et de la reconnaissance des documents officiels du pays"
YESTERDAY, EARLIER = today() - dt.timedelta(days=1), today() - dt.timedelta(days=4)


def arrive(dossier: Dossier, clerk, on: dt.date = YESTERDAY, postmark_on: dt.date | None = EARLIER):
    act = Act(by=clerk, version=dossier.version, hold=HOLD)
    return dossier.move(Move("received", arrived_on=on, postmark_on=postmark_on, **vars(act)))


def receipt(app, dossier: Dossier, language: str = "en") -> bytes:
    response = Visitor(app, language).open(f"/t/{dossier.number}/receipt.pdf")
    assert response.status_code == 200 and response.headers["Cache-Control"] == "no-store"
    assert "noindex" in response.headers["X-Robots-Tag"]
    return response.data


def coded(pdf: bytes) -> str:
    """The path in the code of a receipt."""
    ((code,),) = codes(pdf)[:1]
    assert code.text.startswith("HTTP://LOCALHOST/R/")
    return code.text.removeprefix("HTTP://LOCALHOST")


def shown(pdf: bytes) -> str:
    return " ".join(" ".join(text(pdf)).split())


def day(date: dt.date) -> str:
    return f"{date.day} {date:%B %Y}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_receipt_says_the_dates_and_its_code_leads_to_their_confirmation(app, dossier, clerk, language):
    arrive(dossier, clerk)
    pdf = receipt(app, dossier, language)
    path, words_ = coded(pdf), shown(pdf)
    number, seal = path.split("/")[2:]
    assert number == dossier.number and grouped(seal) in words_ and grouped(number) in words_
    assert f"localhost/r/{number}/{seal}" in text(pdf)[0].replace("\r\n", "")
    form = dossier.form
    for said in (form.title, form.procedure.title, dossier.authority.name):
        assert said[language] in words_
    assert all(line in words_ for line in dossier.authority.address) and form.edition not in words_
    assert f"localhost/t/{number}" in words_
    page = Visitor(app, language).get(path)
    assert form.title[language] in page.text and dossier.authority.name[language] in page.text
    shown_days = {time["datetime"] for time in page.soup.main.select("time")}
    assert shown_days == {date.isoformat() for date in (YESTERDAY, EARLIER, today())}


def test_receipt_and_its_page_say_the_same_dates_and_what_they_do_not_prove(app, visitor, dossier, clerk):
    arrive(dossier, clerk)
    pdf = receipt(app, dossier)
    page = visitor.get(coded(pdf))
    assert page.title == "This receipt is genuine" and page.url == coded(pdf)
    for words_ in (shown(pdf), page.text):
        for said in (
            day(YESTERDAY),
            day(EARLIER),
            day(today()),
            "arrived is not complete",
            "for the authority to say",
            "to a form, not to a person",
        ):
            assert said in words_, said
    headers = page.response.headers
    assert headers["Cache-Control"] == "no-store" and "noindex" in headers["X-Robots-Tag"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_receipt_is_accessible_and_one_page_with_long_texts(app, dossier, clerk, language):
    Authority.update(name=dict.fromkeys(LOCALES, LONG), address=[LONG] * 6).execute()
    Procedure.update(title=dict.fromkeys(LOCALES, LONG)).execute()
    arrive(dossier, clerk)
    pdf = receipt(app, dossier, language)
    assert wrong_tags(pdf) == [] and len(text(pdf)) == 1
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.Root.Lang == language
        assert b"<pdfuaid:part>1</pdfuaid:part>" in document.Root.Metadata.read_bytes()
    assert not [word for word, box in words(pdf) if box[0] < 20 or box[2] > 195 or box[3] > 292]
    assert codes_in(coded(pdf)) == (Scanned((dossier.number,), kind="receipt"),)


def test_receipt_shows_no_person(app, with_mail, clerk):
    arrive(with_mail, clerk)
    pdf = receipt(app, with_mail)
    for words_ in (shown(pdf), Visitor(app).get(coded(pdf)).html):
        assert "somebody@" not in words_ and clerk.email not in words_


def test_without_a_postmark_there_is_no_line_for_it(app, visitor, dossier, clerk):
    arrive(dossier, clerk, postmark_on=None)
    pdf = receipt(app, dossier)
    assert "Postmark" not in shown(pdf) and "Postmark" not in visitor.get(coded(pdf)).text


def test_there_is_none_before_anything_arrived(app, visitor, dossier):
    page = visitor.get(f"/t/{dossier.number}/receipt.pdf", status=404)
    assert "no envelope with this number has been scanned" in page.text
    assert not visitor.get(f"/t/{dossier.number}").soup.select("a[href$='receipt.pdf']")


def test_every_wrong_seal_is_answered_like_a_wrong_number(app, visitor, dossier, clerk):
    arrive(dossier, clerk)
    number, seal = coded(receipt(app, dossier)).split("/")[2:]
    other = Dossier.announce(dossier.form, "en", "another-key")
    arrive(other, clerk)
    waiting = Dossier.announce(dossier.form, "en", "a-third-key")
    for path in (
        f"{number}/{new_number()}",
        f"{new_number()}/{seal}",
        f"{other.number}/{seal}",
        f"{waiting.number}/{seal}",
    ):
        page = visitor.get(f"/R/{path}", status=404)
        assert page.title == "We cannot confirm this receipt" and "do not belong together" in page.errors["seal"]
        assert page.response.headers["Cache-Control"] == "no-store"
        assert page.soup.select_one("#number")["value"] == path.split("/")[0]


def test_wrong_seals_are_counted_as_guesses_and_slips_of_the_pen_are_not(app, dossier, clerk):
    arrive(dossier, clerk)
    body = coded(receipt(app, dossier)).rpartition("/")[2][:-1]
    slip = body + ("0" if check_character(body) != "0" else "1")
    guesser = Visitor(app, address="198.51.100.7")
    for _ in range(40):
        assert guesser.open(f"/r/{dossier.number}/{slip}").status_code == 404
    for _ in range(30):
        assert guesser.open(f"/r/{dossier.number}/{new_number()}").status_code == 404
    assert guesser.open(f"/r/{dossier.number}/{new_number()}").status_code == 429
    assert guesser.open(f"/t/{dossier.number}").status_code == 200, "its number was found there: that is no guess"


def test_number_and_seal_can_be_typed_in_any_spelling(app, visitor, dossier, clerk):
    arrive(dossier, clerk)
    number, seal = coded(receipt(app, dossier)).split("/")[2:]
    page = visitor.submit(visitor.get("/r"), number=grouped(number).lower(), seal=f" {grouped(seal)} ")
    assert page.title == "This receipt is genuine"
    page = visitor.submit(visitor.get("/r"), status=404, number=number, seal="ABC")
    assert page.errors == {"seal": "13 characters are needed; this has 3."}
    assert page.soup.select_one("#number")["value"] == number
    visitor.submit(visitor.get("/r"), status=404, number="", seal="💌" * 40)
    visitor.get("/r/x/y/z", status=404)
    assert visitor.get("/r/x", status=404).soup.select_one("#number")["value"] == "x"


def test_nobody_makes_a_seal_without_our_key(app, visitor, dossier, clerk):
    arrive(dossier, clerk)
    path = coded(receipt(app, dossier))
    keys.initialize("another secret of at least thirty-two characters")
    visitor.get(path, status=404)


def test_correction_is_told_and_the_new_receipt_is_another(app, visitor, dossier, clerk):
    arrive(dossier, clerk)
    old = coded(receipt(app, dossier))
    dossier.correct_arrival(EARLIER, Act(by=clerk, version=dossier.version))
    page = visitor.get(old)
    assert page.title == "This receipt is genuine, but was corrected since"
    before, after = page.text.split("Recorded now")
    assert day(YESTERDAY) in before and day(YESTERDAY) not in after and day(EARLIER) in after
    new = receipt(app, dossier)
    assert coded(new) != old and day(YESTERDAY) not in shown(new)
    assert visitor.get(coded(new)).title == "This receipt is genuine"


def test_second_envelope_is_on_the_next_receipt_and_the_first_stays_genuine(app, visitor, dossier, clerk):
    arrive(dossier, clerk, EARLIER)
    first = coded(receipt(app, dossier))
    dossier.move(Move("incomplete", by=clerk, version=dossier.version, missing=["Passport"], until=None))
    assert visitor.get(first).title == "This receipt is genuine"
    arrive(dossier, clerk, YESTERDAY, postmark_on=None)
    page = visitor.get(first)
    assert page.title == "This receipt is genuine" and "more has arrived" in page.text
    both = receipt(app, dossier)
    assert "Envelope 2" in shown(both) and day(EARLIER) in shown(both) and day(YESTERDAY) in shown(both)
    assert visitor.get(coded(both)).text.count("Scanned on") == 2


def test_receipt_of_an_arrival_that_was_taken_back_no_longer_holds(app, visitor, dossier, clerk):
    event = arrive(dossier, clerk)
    path = coded(receipt(app, dossier))
    dossier.undo(event, Act(by=clerk, version=dossier.version))
    page = visitor.get(path)
    assert page.title == "This receipt no longer holds" and "No envelope with this number has arrived" in page.text
    visitor.get(f"/t/{dossier.number}/receipt.pdf", status=404)


def test_who_recorded_the_arrival_stays_after_the_dossier_was_handed_over(app, visitor, dossier, clerk, other_clerk):
    first, second = dossier.authority, other_clerk.authority
    arrive(dossier, clerk)
    path = coded(receipt(app, dossier))
    dossier.transfer(second, Act(by=clerk, version=dossier.version))
    page = visitor.get(path)
    assert page.title == "This receipt is genuine"
    assert first.name["en"] in page.text and second.name["en"] not in page.text


def test_dossier_given_out_at_the_desk_after_arrival_has_its_paper(app, form, clerk):
    walk_in = Dossier.announce(form, "fr", "at-the-desk", by=clerk)
    arrive(walk_in, clerk, today(), postmark_on=None)
    desk = signed_in(app, clerk)
    link = desk.get(f"/desk/dossiers/{walk_in.number}").soup.select_one("a[href$='receipt.pdf']")
    pdf = desk.open(link["href"]).data
    assert grouped(walk_in.number) in shown(pdf) and f"localhost/t/{walk_in.number}" in shown(pdf)


def test_wrong_method_and_strangers(visitor, dossier):
    assert visitor.open(f"/t/{dossier.number}/receipt.pdf", "POST").status_code == 405
    assert visitor.get(f"/t/{new_number()}/receipt.pdf", status=404).title == "We do not know this number"
