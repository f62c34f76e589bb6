"""Pages on paper, as Chromium prints them: the sheet to the millimetre, all others readable without the screen's furniture."""

import pytest
from pypdfium2 import PdfDocument

from models import Authority, Dossier, Form
from models.catalogue.procedure import LANGUAGES
from support import served
from support.envelopes import ENVELOPES, touches, windows, within
from support.paper_reading import codes, text, words

pytestmark = served.MARKS
A4 = pytest.approx((595, 842), abs=1.5)
FURNITURE = ("Skip to the content", "For authorities", "Look again", "Lëtzebuergesch")


def printed(page, address: str) -> bytes:
    page.goto(address)
    page.emulate_media(media="print")
    return page.pdf(prefer_css_page_size=True)


def sizes(pdf: bytes) -> list[tuple[float, float]]:
    with PdfDocument(pdf) as document:
        return [document.get_page_size(index) for index in range(len(document))]


@pytest.fixture
def fullest(site) -> Dossier:
    """A dossier of the form with the longest list of enclosures."""
    longest = max(
        Form.select(), key=lambda form: max(sum(len(one[code]) for one in form.enclosures) for code in LANGUAGES)
    )
    return Dossier.announce(longest, "en", "the-fullest")


def in_window(pdf: bytes, dossier: Dossier, side: str) -> None:
    """The address shows in every envelope with its window on this side, and nothing else does."""
    address, page = {word for line in dossier.authority.address for word in line.split()}, words(pdf)
    for always, ever in (windows(*envelope) for envelope in ENVELOPES.values() if envelope[4] == side):
        assert not address - {word for word, box in page if within(box, always)}
        assert not {word for word, box in page if touches(box, ever)} - address


def turn_envelopes(side: str) -> None:
    """Let all windows be on this side, as `catalogue load` would: pages know by the revision that something changed."""
    Authority.update(window=side).execute()
    Form.update(revision=f"window {side}").execute()


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_fullest_sheet_is_one_page_with_the_address_in_the_window(look, fullest, language, side):
    turn_envelopes(side)
    pdf = printed(look(language=language, scheme="dark"), f"/t/{fullest.number}/sheet")
    assert sizes(pdf) == [A4]
    in_window(pdf, fullest, side)
    shown = " ".join(text(pdf)[0].split())
    assert all(" ".join(one[language].split()) in shown for one in fullest.form.enclosures)
    assert [code.text for code in codes(pdf)[0]] == [f"HTTP://LOCALHOST/T/{fullest.number}"]
    assert max(box[3] for _word, box in words(pdf)) < 285, "a printer would cut it"


@pytest.mark.parametrize("side", ["left", "right"])
def test_envelope_sheet_for_six_long_forms_keeps_to_the_window_and_the_margins(look, fullest, side):
    turn_envelopes(side)
    others = [Dossier.announce(fullest.form, "en", f"full-{side}-{place}") for place in range(5)]
    numbers = "+".join(dossier.number for dossier in (fullest, *others))
    pdf = printed(look(), f"/e/{numbers}/sheet")
    in_window(pdf, fullest, side)
    assert [code.text for page in codes(pdf) for code in page] == [f"HTTP://LOCALHOST/E/{numbers}"]
    found = [words(pdf, number) for number in range(len(sizes(pdf)))]
    assert not [word for page in found for word, box in page if not within(box, (20, 10, 192, 287))]


@pytest.mark.parametrize("side", ["left", "right"])
def test_address_of_every_authority_fits_the_window(look, fullest, side):
    turn_envelopes(side)
    page = look()
    for authority in Authority.select():
        Dossier.update(authority=authority).where(Dossier.id == fullest.id).execute()
        in_window(printed(page, f"/t/{fullest.number}/sheet"), Dossier.get_by_id(fullest.id), side)


@pytest.mark.parametrize(
    ("address", "pages"),
    [
        ("/", 2),
        ("/procedures", 2),
        ("/procedures/rent-subsidy", 2),
        ("/help", 2),
        ("/privacy", 3),  # with the table of periods
        ("/accessibility", 2),
        ("/t/{announced}", 2),
        ("/t/{incomplete}", 2),
        ("/t/{decided}", 2),
    ],
)
def test_pages_print_without_furniture_and_cut_no_card(look, site, address, pages):
    page = look(width=1280, scheme="dark")
    pdf = printed(page, site.path(address))
    assert sizes(pdf) == [A4] * len(sizes(pdf)) and len(sizes(pdf)) <= pages
    found = [words(pdf, number) for number in range(len(sizes(pdf)))]
    assert not [word for words_ in found for word, box in words_ if not within(box, (10, 10, 200, 287))]
    assert not [furniture for furniture in FURNITURE if furniture in " ".join(text(pdf))]
    for card in page.locator(".card:visible, .ticket:visible").all():
        whole = set(card.inner_text().split()) - {""}
        assert any(not whole - {word for word, _box in words_} for words_ in found), card.inner_text()


def test_a_printed_procedure_names_the_addresses_of_its_sources(look, site):
    pdf = printed(look(), "/procedures/rent-subsidy")
    assert "https://guichet.public.lu/" in "".join(text(pdf))
