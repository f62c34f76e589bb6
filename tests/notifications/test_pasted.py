"""Addresses as people paste them, and domains with a slip: read as meant, or asked about once, and never guessed."""

import re
import time

import phonenumbers
import pytest

from models import Contact, Dossier
from models.notifications.domains import PROVIDERS, meant
from models.notifications.pasted import mail_address, telephone
from support.registration import CONTACT, past_the_captcha
from support.site import signed_in
from support.visitor import Page, Visitor

ANNA = "anna@example.lu"
MAILS = [
    *(f"{mark}{ANNA}{mark}" for mark in ("\u200b", "\ufeff", "\u200e", "\u2060", "\u00a0", "\r\n", "'", '"', " ")),
    *(f"{ANNA}{end}" for end in (";", ",", ".", "\u202c", "\ufe0f")),
    *("<anna@example.lu>", "(anna@example.lu)", "«anna@example.lu»", "\u2066anna@example.lu\u2069"),
    *("Anna Example <anna@example.lu>", '"Example, Anna" <anna@example.lu>', "anna@example.lu<mailto:anna@example.lu>"),
    *("anna@example.lu <mailto:anna@example.lu?subject=x>", "anna@example.lu. <anna@example.lu>"),
    *("mailto:anna@example.lu", "MAILTO:anna@example.lu?subject=My%20dossier&body=x", "<mailto:anna@example.lu>"),
    *("E-mail: anna@example.lu", "Courriel\u00a0: anna@example.lu", "[anna@example.lu](mailto:anna@example.lu)"),
    *("anna\uff20example.lu", "anna @ example.lu", "anna@ example . lu", "an\u00adna@example.lu"),
    *(
        "http://anna@example.lu",
        "anna@example.lu/",
        "\U0001f4e7anna@example.lu",
        "anna@example.lu \U0001f60a",
        "\u2709 anna@example.lu",
    ),
]
NO_MAILS = [
    "anna muster@example.lu",
    f"{ANNA}, bob@example.lu",
    f"{ANNA}. Thanks",
    "<a@example.lu> <b@example.lu>",
    "bob@example.com <anna@example.lu>",
    '"bob@example.com" <mailto:anna@example.lu>',
    "anna",
]
PHONES = [
    *(
        "621 123 456",
        "621\u202f123\u202f456",
        "621\u00a0123\u2009456",
        "621\u2011123\u2011456",
        "621/123.456",
        "621123456.",
    ),
    *("+352 621 123 456", "00352 621 123 456", "+352 (0) 621 123 456", "(+352) 621 123 456", "(00352) 621123456"),
    *(
        "tel:+352-621-123-456",
        "Tél.\u00a0: 621 123 456",
        "GSM 621 123 456",
        "\u202a+352 621 123 456\u202c",
        "+00352621123456",
    ),
    *("\uff16\uff12\uff11\uff11\uff12\uff13\uff14\uff15\uff16", "352621123456", "+352\t621 123 456;"),
]
SLIPS = (
    """
gmial.com gmail.com|gmail.con gmail.com|gmail.co gmail.com|gamil.com gmail.com|gmil.com gmail.com|gnail.com gmail.com
gmail.comm gmail.com|gmail.lu gmail.com|gmial.con gmail.com|hotmial.fr hotmail.fr|hotmal.com hotmail.com
hotmail.fe hotmail.fr|hotmale.com hotmail.com|hotmail.lu hotmail.com|outlok.com outlook.com|outlook.con outlook.com
outloook.fr outlook.fr|yaho.fr yahoo.fr|yahooo.com yahoo.com|iclould.com icloud.com|icloud.cm icloud.com|ptt.lu pt.lu
pt.luu pt.lu|interent.lu internet.lu|educaton.lu education.lu|tagno.lu tango.lu|vo.luu vo.lu|orang.fr orange.fr
laposte.ne laposte.net|wanado.fr wanadoo.fr|free.ft free.fr|sfr.ft sfr.fr|gmx.dee gmx.de|wbe.de web.de|webb.de web.de
t-onlin.de t-online.de|skynt.be skynet.be|proxinus.be proximus.be|telent.be telenet.be|googlmail.com googlemail.com
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
# Names that exist and are near to a provider's: firms, communes, schools, providers of other countries.
REAL = """
ymail.com mail.lu mail.com email.com pm.me me.com mac.com gmx.at gmx.ch gmx.net gmx.com gmx.lu web.com post.lu uni.lu
mango.lu orange.lu orange.be orange.com free.lu vdl.lu chl.lu cns.lu rtl.lu bcl.lu bil.com bgl.lu ing.lu cfl.lu
esch.lu mersch.lu list.lu lih.lu adem.lu etat.lu gov.lu ltett.lu lcd.lu lgl.lu al.lu join.lu wort.lu land.lu luxair.lu
pwc.lu kpmg.lu ey.com voila.fr online.fr noos.fr trier.de arlon.be uliege.be hispeed.ch bluemail.ch proton.me hey.com
fastmail.fm fastmail.com zoho.com zoho.eu yandex.ru mail.ru inbox.ru bk.ru list.ru qq.com 163.com seznam.cz azet.sk
o2.pl op.pl vp.pl abv.bg freemail.hu t-online.hu ukr.net sapo.pt clix.pt mail.pt meo.pt nos.pt uol.com.br bol.com.br
tin.it alice.it tim.it terra.es ono.com neuf.fr bbox.fr cegetel.net mailo.com lycos.de inbox.lv email.de mail.de
ewe.net posteo.net tuta.com tutanota.de a1.net drei.at upcmail.nl home.nl hetnet.nl upc.be base.be tele2.be telia.com
mail.dk sol.dk sky.com cox.net att.net juno.com shaw.ca rogers.com yahoo.co.jp hotmail.gr yahoo.com.br live.ie
europa.eu eib.org nato.int telnet.be grail.com live.com skype.com apple.com google.com amazon.lu skynet.lu planet.lu
laposte.fr proton.lu icloud.de gmx.eu
"""


@pytest.mark.parametrize("text", MAILS)
def test_mail_address_is_read_out_of_what_was_pasted(text):
    assert mail_address(text) == ANNA


@pytest.mark.parametrize("text", NO_MAILS)
def test_text_that_may_mean_several_addresses_stays_as_it_was_typed(text):
    assert mail_address(text) == text


def registered(visitor: Visitor, status: int = 200, **fields) -> Page:
    return visitor.submit(past_the_captcha(visitor), CONTACT, status, **fields)


def addresses() -> list[str]:
    return [contact.address for contact in Contact.select().order_by(Contact.id)]


@pytest.mark.parametrize("text", PHONES)
def test_telephone_number_is_read_out_of_what_was_pasted(text):
    read = phonenumbers.parse(telephone(text), "LU")
    assert phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164) == "+352621123456"


def test_pasted_addresses_are_registered_as_meant(visitor):
    registered(visitor, by_sms="y", mobile="Tél.: 621\u202f123\u2011456", by_email="y", email=f"Anna <{ANNA}>;\u200b")
    assert addresses() == [ANNA, "+352621123456"]


@pytest.mark.parametrize("mobile", ["621 I23 456", "621 123 4S6", "621 123 456 / 691 222 333"])
def test_telephone_number_with_a_letter_in_it_is_not_guessed(visitor, mobile):
    page = registered(visitor, 422, by_sms="y", mobile=mobile)
    assert page.errors["mobile"] and page.soup.select_one("#mobile")["value"] == mobile
    assert telephone("621 1O3 456") == "621 103 456", "an O beside a digit is a zero"


@pytest.mark.parametrize("header", ["=?utf-8?q?a=40example.org=2c?=@example.lu", "a@example.lu\r\nBcc: b@example.org"])
def test_address_that_a_header_of_a_mail_would_read_otherwise_is_refused(visitor, header):
    assert registered(visitor, 422, by_email="y", email=header).errors["email"] and not addresses()


def test_what_cannot_be_read_stays_in_the_field_as_it_was_typed(visitor):
    typed = {"email": "Anna <anna@>;", "mobile": "Tel: 12 34."}
    page = registered(visitor, 422, by_sms="y", by_email="y", **typed)
    assert {name: page.soup.select_one(f"#{name}")["value"] for name in typed} == typed


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_in_the_domain_of_a_provider_is_seen(slip):
    typed, right = slip.split()
    assert meant(f"anna@{typed}") == f"anna@{right}"


def test_no_real_domain_is_taken_for_a_slip():
    assert [domain for domain in [*PROVIDERS, *REAL.split()] if meant(f"anna@{domain}")] == []


def test_every_provider_is_a_domain():
    assert [domain for domain in PROVIDERS if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]{2,})+", domain)] == []


@pytest.mark.parametrize("piece", [" @", "< ", " ", "@", "a", "<a@", "a: "])
def test_no_pasted_text_takes_long(piece):
    began = time.process_time()
    for text in (piece * 1000, "<" + piece * 1000, "<" + " " * 333 + piece * 333 + " " * 333):
        mail_address(text)
        telephone(text)
    assert time.process_time() - began < 0.3


@pytest.mark.parametrize("htmx", [False, True])
def test_domain_that_looks_mistyped_is_asked_about_once(visitor, htmx):
    page = registered(visitor, 422, by_email="y", email="Anna@gmial.com", htmx=htmx)
    assert "Did you mean Anna@gmail.com?" in page.errors["email"] and Dossier.select().count() == 0
    assert page.soup.select_one("#email")["value"] == "Anna@gmial.com"
    assert [button.get_text() for button in page.soup.select(".field button")] == [
        "Keep Anna@gmial.com",
        "Use Anna@gmail.com",
    ]
    visitor.submit(page, CONTACT)
    assert addresses() == ["Anna@gmial.com"]


def test_address_that_was_meant_is_taken_with_one_button(visitor):
    page = registered(visitor, 422, by_email="y", email="anna@hotmial.fr")
    button = page.soup.select_one("[name=email-meant]")
    visitor.submit(page, CONTACT, **{button["name"]: button["value"]})
    assert addresses() == ["anna@hotmail.fr"]


def test_address_that_was_corrected_by_hand_is_taken_whatever_button_sends_it(visitor):
    page = registered(visitor, 422, by_email="y", email="anna@hotmial.fr")
    button = page.soup.select_one("[name=email-meant]")
    visitor.submit(page, CONTACT, email="anna@example.lu", **{button["name"]: button["value"]})
    assert addresses() == ["anna@example.lu"]


def test_other_address_with_a_slip_is_asked_about_again(visitor):
    page = registered(visitor, 422, by_email="y", email="anna@hotmial.fr")
    assert "anna@gmail.com" in visitor.submit(page, CONTACT, 422, email="anna@gmial.com").errors["email"]


def test_helpdesk_is_asked_too_and_keeps_what_the_caller_says(app, helpdesk, form):
    Dossier.announce(form, "en", "key of the caller", [("email", "caller@example.lu")])
    desk, path = signed_in(app, helpdesk), f"/desk/contacts/{Contact.get().id}"
    page = desk.submit(desk.get(path), path, 422, act="correct", reason="correct", address="caller@gmail.con\u200b")
    assert "Did you mean caller@gmail.com?" in page.text
    desk.submit(page, path, reason="correct")
    assert addresses() == ["caller@example.lu", "caller@gmail.con"]


def test_caller_is_found_by_a_pasted_address(app, helpdesk, form):
    Dossier.announce(form, "en", "key of the caller", [("email", ANNA)])
    desk = signed_in(app, helpdesk)
    page = desk.submit(desk.get("/desk/helpdesk"), "/helpdesk", address=f"Anna <mailto:{ANNA}>", reason="status")
    assert page.soup.select("#found tbody th")
