"""Looking a number up: every spelling is read, every wrong one gets the same help, nobody can guess."""

import pytest
import zxingcpp
from playhouse.test_utils import assert_query_count

from models import Dossier, today
from models.dossiers.moves import Act, Move
from models.dossiers.number import grouped, new_number
from models.security.crockford import check_character
from support.camera import drawn
from support.moves import HOLD
from support.paper_reading import codes, text
from support.site import running, signed_in
from support.visitor import Visitor


@pytest.mark.parametrize(
    "spell",
    [
        lambda n: n,
        str.lower,
        grouped,
        lambda n: f"  {grouped(n).replace('-', ' ')} ",
        lambda n: ".".join(n),
        lambda n: n.replace("0", "o").replace("1", "l"),
        lambda n: grouped(n).replace("-", "–"),
        lambda n: f"http://localhost/t/{n}",
        lambda n: f" HTTP://LOCALHOST/T/{n}/ ",
        lambda n: f"eTracking: {grouped(n)}, received on 30.11.2026",
        lambda n: "\ufeff" + "\u200b".join(grouped(n)).replace("-", "\u2011"),
    ],
)
def test_number_is_found_in_every_spelling(visitor, dossier, spell):
    page = visitor.submit(visitor.get("/t"), number=spell(dossier.number))
    assert page.url == f"/t/{dossier.number}"
    assert grouped(dossier.number) in page.text


@pytest.mark.parametrize(
    "path", ["/procedures?q={}", "/t?number={}", "/t?shared={}", "/procedures?q=https://localhost/t/{}"]
)
def test_number_typed_into_a_search_opens_its_dossier(visitor, dossier, path):
    assert visitor.get(path.format(grouped(dossier.number))).url == f"/t/{dossier.number}"


def test_two_numbers_in_one_text_open_neither(visitor, dossier):
    text = f"mine {grouped(dossier.number)}, hers {grouped(new_number())}"
    for page in (visitor.submit(visitor.get("/t"), number=text, status=404), visitor.get(f"/t?shared={text}", 404)):
        assert "more than one eTracking number" in page.errors["number"]


def test_pasted_address_of_an_envelope_opens_all_its_dossiers(visitor, form):
    numbers = "+".join(Dossier.announce(form, "en", f"key-of-number-{place}").number for place in (1, 2))
    assert visitor.submit(visitor.get("/t"), number=f"http://localhost/e/{numbers}").url == f"/e/{numbers}"


def test_number_that_two_keyboards_read_differently_is_unknown_if_neither_exists(visitor, dossier):
    page = visitor.submit(visitor.get("/t"), number="YZ4NBDA76YDMZ", status=404)
    assert page.url == "/t" and "We know no dossier" in page.text


def test_address_of_the_code_is_read_in_upper_case(visitor, dossier):
    assert visitor.get(f"/T/{dossier.number}").title == "Not arrived yet"


def wrong_numbers(dossier: Dossier) -> dict[str, str]:
    body = dossier.number[:-1]
    return {
        "unknown": new_number(),
        "wrong check": body + ("0" if check_character(body) != "0" else "1"),
        "short": dossier.number[:9],
        "long": dossier.number + "A",
        "foreign": "RR123456785LU",
        "words": "where is it",
        "markup": "<script>alert(1)",
        "emoji": "💌" * 13,
    }


@pytest.mark.parametrize("kind", ["unknown", "wrong check", "short", "long", "foreign", "words", "markup", "emoji"])
def test_every_wrong_number_gets_the_same_page_and_what_was_typed_stays(visitor, dossier, kind):
    typed = wrong_numbers(dossier)[kind]
    page = visitor.submit(visitor.get("/t"), number=typed, status=404)
    assert page.title == "We do not know this number"
    assert page.errors["number"]
    assert page.soup.select_one("#number")["value"].replace("-", "") == typed
    assert "8 and B" in page.text


def test_wrong_number_in_the_address_gets_the_same_page(visitor, dossier):
    for typed in wrong_numbers(dossier).values():
        for tail in ("", "/sheet.pdf", "/form.pdf", "/qr.svg", "/sheet"):
            assert visitor.get(f"/t/{typed}{tail}", status=404).title == "We do not know this number"


def test_code_on_the_page_on_the_sheet_and_on_the_form_is_the_printed_address(visitor, dossier):
    address = f"HTTP://LOCALHOST/T/{dossier.number}"
    picture = visitor.get(f"/t/{dossier.number}").soup.select_one("img.qr")
    assert zxingcpp.read_barcode(drawn(visitor.open(picture["src"]).text)).text == address
    for name in ("sheet.pdf", "form.pdf"):
        pages = codes(visitor.open(f"/t/{dossier.number}/{name}").data)
        assert pages and all(page[0].text == address for page in pages)
        assert grouped(dossier.number) in text(visitor.open(f"/t/{dossier.number}/{name}").data)[0]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "In diesem Umschlag"),
        ("fr", "Dans cette enveloppe"),
        ("en", "In this envelope"),
        ("lb", "An dësem Enveloppe"),
    ],
)
def test_sheet_speaks_the_language_of_its_reader(app, dossier, language, words):
    pdf = Visitor(app, language).open(f"/t/{dossier.number}/sheet.pdf").data
    page = Visitor(app, language).get(f"/t/{dossier.number}/sheet")
    heading = page.soup.select(".sheet h2")[0].get_text()
    assert heading in text(pdf)[0]
    assert dossier.form.title[language] in page.text


def test_page_is_kept_nowhere_and_found_by_no_search_engine(visitor, dossier):
    for tail in ("", "/sheet", "/sheet.pdf", "/form.pdf", "/qr.svg", ".json"):
        headers = visitor.open(f"/t/{dossier.number}{tail}").headers
        assert headers["Cache-Control"] == "no-store" and "noindex" in headers["X-Robots-Tag"]
        assert headers["Referrer-Policy"] == "same-origin"


def test_page_shows_no_contact(app, form):
    contacts = [("email", "somebody@example.org"), ("sms", "+352621123456")]
    dossier = Dossier.announce(form, "en", "with-contacts", contacts)
    for tail in ("", "?new=1", ".json", "/sheet"):
        shown = Visitor(app).open(f"/t/{dossier.number}{tail}").text
        assert "somebody" not in shown and "621123456" not in shown


def test_page_tells_every_move_at_once_although_pages_are_kept(app, visitor, dossier, clerk):
    assert visitor.get(f"/t/{dossier.number}").title == "Not arrived yet"
    desk = signed_in(app, clerk)
    page = desk.get(f"/desk/dossiers/{dossier.number}")
    desk.submit(page, "/status", to="received", arrived_on=today().isoformat(), note="")
    assert visitor.get(f"/t/{dossier.number}").title == "Arrived"


def test_page_names_the_new_authority_at_once_although_authorities_are_kept(visitor, form, clerk, other_clerk):
    first, second = (Dossier.announce(form, "en", f"key-{index}") for index in range(2))
    for dossier in (first, second):
        dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
    path, names = f"/t/{second.number}", [staff.authority.name["en"] for staff in (clerk, other_clerk)]
    assert names[0] in visitor.get(f"/t/{first.number}").soup.select_one("#contact + address").text
    assert names[0] in visitor.get(path).soup.select_one("#contact + address").text
    second.transfer(other_clerk.authority, Act(by=clerk, version=2))
    assert names[1] in visitor.get(path).soup.select_one("#contact + address").text


def test_page_that_nobody_has_asked_for_yet_costs_three_queries(visitor, form):
    first, second = (Dossier.announce(form, "en", f"key-{index}") for index in range(2))
    visitor.get(f"/t/{first.number}")
    with assert_query_count(3):  # whether there is something new; the dossier; its history
        visitor.get(f"/t/{second.number}")


def test_page_that_has_not_changed_is_not_sent_again(visitor, dossier, clerk):
    tag = visitor.open(f"/t/{dossier.number}").headers["ETag"]
    assert visitor.open(f"/t/{dossier.number}", headers={"If-None-Match": tag}).status_code == 304
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
    assert visitor.open(f"/t/{dossier.number}", headers={"If-None-Match": tag}).status_code == 200


def test_citizen_reports_the_posting_once_and_the_page_says_so(visitor, dossier):
    page = visitor.submit(visitor.get(f"/t/{dossier.number}"), "/posted")
    assert "You posted your papers on" in page.text and page.title == "Not arrived yet"
    assert not page.soup.select("form[action$='/posted']")
    assert visitor.post(f"/t/{dossier.number}/posted").text.count("Reported as posted") == 1
    visitor.post(f"/t/{new_number()}/posted", status=404)


def test_history_leaves_out_what_was_undone_in_time(visitor, dossier, clerk):
    event = dossier.move(Move("received", by=clerk, version=1, arrived_on=today(), hold=HOLD))
    dossier.undo(event, Act(by=clerk, version=2))
    page = visitor.get(f"/t/{dossier.number}")
    assert page.title == "Not arrived yet" and "Arrived" not in page.text


def test_who_guesses_is_stopped_while_others_go_on(app, dossier):
    guesser = Visitor(app, address="198.51.100.7")
    for _ in range(30):
        guesser.get(f"/t/{new_number()}", status=404)
    refused = guesser.open(f"/t/{dossier.number}")
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
    assert Visitor(app, address="203.0.113.9").get(f"/t/{dossier.number}").title == "Not arrived yet"


def test_own_number_is_shown_to_whom_it_was_given_even_when_the_network_is_stopped(app, dossier):
    browser = Visitor(app, address="198.51.100.7")
    with browser.client.session_transaction() as session:
        session["passes"] = {dossier.key: ["rent-subsidy/application", 0]}
    for _ in range(31):
        browser.open(f"/t/{new_number()}")
    assert browser.open(f"/t/{new_number()}").status_code == 429
    assert browser.get(f"/t/{dossier.number}?new=1").title == "Not arrived yet"


def test_typing_errors_do_not_count_as_guesses(visitor, dossier):
    for _ in range(40):
        visitor.submit(visitor.get("/t"), number=dossier.number[:-1] + "?", status=404)
    assert visitor.get(f"/t/{dossier.number}").status == 200


def test_whole_network_of_guessers_is_stopped(app, dossier):
    for host in range(1, 8):
        guesser = Visitor(app, address=f"198.51.100.{host}")
        for _ in range(29):
            guesser.open(f"/t/{new_number()}")
    assert Visitor(app, address="198.51.100.200").open(f"/t/{dossier.number}").status_code == 429
    assert Visitor(app, address="198.51.101.1").open(f"/t/{dossier.number}").status_code == 200


def test_status_for_programs_says_what_the_page_says(visitor, dossier):
    answer = visitor.open(f"/t/{dossier.number}.json")
    assert answer.json["status"] == "announced" and answer.json["label"] == "Not arrived yet"
    assert set(answer.json) == {
        "number",
        "procedure",
        "form",
        "authority",
        "status",
        "label",
        "version",
        "changed",
        "events",
    }


def test_part_for_htmx_is_the_middle_of_the_page(visitor, dossier):
    part = visitor.get(f"/t/{dossier.number}", htmx=True)
    assert part.soup.find(id="show") and "HX-Request" in part.response.headers["Vary"]


def test_page_works_in_a_process_that_never_rendered_it(sqlite_url, app, dossier):
    again = running(sqlite_url)
    assert Visitor(again).get(f"/t/{dossier.number}").title == "Not arrived yet"
