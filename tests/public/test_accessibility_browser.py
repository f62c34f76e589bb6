"""Every page and state in a real browser: nothing that axe-core finds, nothing that a screen reader is not told, nothing
that has to be scrolled sideways."""

import datetime as dt

import pytest

from models import Dossier
from models.dossiers.receipt import present
from models.security import captcha, captcha_waiting
from paths import ROOT
from support import served
from support.reader import unfold, untold
from support.served import START, pass_captcha, sign_in

AXE = ROOT / "node_modules/axe-core/axe.min.js"
pytestmark = [*served.MARKS, pytest.mark.skipif(not AXE.exists(), reason="`make install` has not fetched axe-core")]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LANGUAGES = ("de", "fr", "en", "lb")


def at(address: str):
    return lambda page, site: page.goto(site.path(address))


def at_the_desk(address: str):
    def go(page, site) -> None:
        sign_in(page, site)
        page.goto(site.path(address))

    return go


def wrong_code(page, _site) -> None:
    page.goto(START + "?code=1")
    page.locator("#captcha-code").fill("222222")
    page.locator("main form button").click()
    page.locator("#captcha-error").wait_for()


def has_to_wait(page, _site) -> None:
    """As for somebody whose device cannot make a proof, while many ask."""
    page.route("**/captcha/challenge**", lambda route: route.abort())
    page.goto(START + "?code=1")
    token = page.locator("[name=captcha_token]").get_attribute("value")
    page.locator("#captcha-code").fill(captcha.digits(captcha.code_id(token)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(captcha_waiting, "QUEUES", ((0, dt.timedelta(seconds=1)),) * 3)
        page.locator("main form button").click()
        page.locator("#captcha-wait").wait_for()


def refused_contact(page, site) -> None:
    pass_captcha(page, site)
    page.locator("#by_email").check()
    page.locator("#by_sms").check()
    page.locator("#email").fill("somebody@")
    page.locator("main form button").click()
    page.locator("#mobile-error").wait_for()


def new_number(page, site) -> None:
    pass_captcha(page, site)
    page.locator("main form button").click()
    page.wait_for_url("**/t/*")


def refused_sign_in(page, _site) -> None:
    page.goto("/sign-in")
    page.locator("#password").press("Enter")
    page.locator("#email-error").wait_for()


def refused_move(page, site) -> None:
    at_the_desk("/desk/dossiers/{received}")(page, site)
    asking = page.locator("details.move").nth(1)
    asking.locator("summary").first.click()
    asking.locator("button").last.click()
    page.locator(".summary").wait_for()


def post_bag(page, site) -> None:
    """What is answered to a number that is there already, to none, and to one that arrives with nothing unticked."""
    at_the_desk("/desk/post-bag?new=1")(page, site)
    page.locator("main form button").click()
    for typed in (site.numbers["received"], "K7Q2", site.dossier("announced").number):
        page.locator("#text").fill(typed)
        page.locator("#reading button").click()
    page.locator("#attention .wait").wait_for()
    page.locator(".envelope button").first.click()
    page.locator(".opened .error").wait_for()


def bulk_preview(page, site) -> None:
    at_the_desk("/desk?ticked=1")(page, site)
    page.locator("#act").select_option("examination")
    page.locator(".with-ticked button").click()
    page.locator("#bulk form").wait_for()


def menu_on_a_phone(page, site) -> None:
    at_the_desk("/desk/numbers")(page, site)
    button = page.locator(".to-menu")
    if button.is_visible():
        button.click()


def as_admin(address: str):
    def go(page, site) -> None:
        sign_in(page, site, "admin")
        page.goto(address)
        for more in page.locator("main details").all()[:3]:
            more.locator("summary").first.click()

    return go


def receipt(page, site) -> None:
    dossier = Dossier.get(Dossier.number == site.numbers["received"])
    page.goto(f"/r/{dossier.number}/{present(dossier).seal}")


STATES = {
    "home": at("/"),
    "catalogue": at("/procedures"),
    "nothing found": at("/procedures?q=zzz"),
    "procedure": at("/procedures/rent-subsidy"),
    "start": at(START),
    "code": at(START + "?code=1"),
    "wrong code": wrong_code,
    "contact": pass_captcha,
    "contact with errors": refused_contact,
    "new number": new_number,
    "announced": at("/t/{announced}"),
    "received": at("/t/{received}"),
    "incomplete": at("/t/{incomplete}"),
    "decided": at("/t/{decided}"),
    "lapsed": at("/t/{lapsed}"),
    "sheet": at("/t/{announced}/sheet"),
    "follow-up sheet": at("/t/{incomplete}/sheet/1"),
    "envelope": at("/envelope"),
    "envelope with an error": at("/e/{announced}+K7Q2MX4P9TRWX"),
    "dossiers of an envelope": at("/e/{announced}+{incomplete}"),
    "envelope sheet": at("/e/{announced}+{incomplete}/sheet"),
    "receipt to check": at("/r"),
    "receipt": receipt,
    "wrong receipt": at("/r/K7Q2MX4P9TRWY/K7Q2MX4P9TRWX"),
    "look-up": at("/t"),
    "wrong number": at("/t/K7Q2MX4P9TRWX"),
    "camera": at("/scan"),
    "page of the contact": at("/c/{token}"),
    "saved dossiers": at("/saved"),
    "offline": at("/offline"),
    "error": at("/nothing"),
    "help": at("/help"),
    "privacy": at("/privacy"),
    "accessibility": at("/accessibility"),
    "sign-in": at("/sign-in"),
    "sign-in with errors": refused_sign_in,
    "invitation that is over": at("/sign-in/invitation/x"),
    "own account": at_the_desk("/desk/account"),
    "proof": at_the_desk("/desk/account/proof"),
    "password": at_the_desk("/desk/account/password"),
    "authenticator app": at_the_desk("/desk/account/authenticator"),
    "desk": at_the_desk("/desk"),
    "desk, one status": at_the_desk("/desk?status=incomplete"),
    "desk, a new post-bag": at_the_desk("/desk/post-bag?new=1"),
    "desk, paper without a code": at_the_desk("/desk/arrivals"),
    "desk, a number to give out": at_the_desk("/desk/registrations?here=1"),
    "desk, a number given out": at_the_desk("/desk/registrations/{received}"),
    "desk, post-bag": post_bag,
    "desk, unknown number": at_the_desk("/desk/scan?number=K7Q2"),
    "desk, move of many": bulk_preview,
    "desk, helpdesk": at_the_desk("/desk/helpdesk"),
    "desk, figures": menu_on_a_phone,
    "desk, accounts": as_admin("/desk/staff"),
    "desk, texts": as_admin("/desk/texts"),
    "desk, audit log": as_admin("/desk/audit"),
    "desk, mails that came back": as_admin("/desk/returned"),
    "dossier at the desk": at_the_desk("/desk/dossiers/{received}"),
    "dossier at the desk with errors": refused_move,
    "styleguide": at("/styleguide"),
    "has to wait": has_to_wait,
}


def violations(page) -> list[str]:
    """What axe-core finds; put into the page by the debugger, so that our policy stays in force."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    wanted = {"runOnly": RULES, "resultTypes": ["violations"], "preload": False}
    found = page.evaluate("wanted => axe.run(wanted)", wanted)["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def too_wide(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.mark.parametrize("name", STATES)
def test_nothing_is_in_anybodys_way(look, site, name):
    """Each page light and dark, narrow and wide; folded and unfolded; its neighbours in another language and size."""
    place = list(STATES).index(name)
    language, percent = LANGUAGES[place % 4], (100, 200)[place // 4 % 2]
    widths = [(320, 1280), (1280, 320)][place // 8 % 2]
    page = look(language=language, percent=percent, width=widths[0])
    STATES[name](page, site)
    assert page.locator("html").get_attribute("lang") == language
    assert violations(page) == [] and too_wide(page) <= 0
    unfold(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": widths[1], "height": 844})
    assert untold(page) == []
    assert violations(page) == [] and too_wide(page) <= 0


@pytest.mark.parametrize("address", ["/procedures", START, "/t/{incomplete}"])
def test_chosen_colours_and_less_motion_are_kept(look, site, address):
    page = look()
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.goto(site.path(address))
    assert violations(page) == []
    style = "one => { const s = getComputedStyle(one); return [s.borderTopWidth, s.borderTopColor, s.backgroundColor, s.transitionDuration] }"
    for button in page.locator("main button, main .button, .pill").all():
        width, edge, ground, moving = button.evaluate(style)
        assert edge != ground and width != "0px" and moving == "0s"
