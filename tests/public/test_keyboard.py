"""Every page by keyboard and by finger: what is there to press is reached, marked and large enough."""

from support import served
from support.served import START, expect, sign_in

pytestmark = served.MARKS
WALKED = (
    "/",
    "/procedures",
    "/procedures/rent-subsidy",
    START,
    START + "?code=1",
    "/t/{announced}",
    "/t/{incomplete}",
    "/t",
    "/t/{announced}/sheet",
    "/c/{token}",
    "/sign-in",
    "/help",
    "/accessibility",
)
AT_THE_DESK = ("/desk", "/desk/dossiers/{received}")
STOPS = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, audio, [tabindex='0']")]
    .filter(one => one.checkVisibility({visibilityProperty: true}) && one.type !== "hidden" && !one.closest("[aria-hidden]"))
    .filter(one => one.type !== "radio" || one.checked)"""


def test_skip_link_comes_first_and_skips(look):
    page = look()
    page.goto("/procedures")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()


def walked(look, site):
    """Each page with what there is on it to press or fill in."""
    page = look()
    for address in WALKED + AT_THE_DESK:
        if address == AT_THE_DESK[0]:
            sign_in(page, site)
        page.goto(site.path(address))
        yield page, address


def test_every_control_is_reached_by_tab_and_marked(look, site):
    for page, address in walked(look, site):
        page.evaluate("document.activeElement.blur()")
        page.evaluate(f"all = ({STOPS})()")
        missed = set(range(page.evaluate("all.length")))
        for _ in range(len(missed) + 12):  # a player and a date have stops of their own inside
            page.keyboard.press("Tab")
            place, marked = page.evaluate("""() => {
                const one = document.activeElement, shows = one => one && one.checkVisibility({opacityProperty: true}) &&
                    getComputedStyle(one).outlineStyle !== "none" && parseFloat(getComputedStyle(one).outlineWidth) >= 2;
                return [all.indexOf(one), shows(one) || shows(one.nextElementSibling)];
            }""")
            missed.discard(place)
            assert marked or place == -1, f"{address}: no mark on {page.evaluate(f'all[{place}].outerHTML')}"
        assert not missed, [page.evaluate(f"all[{place}].outerHTML") for place in missed]


def test_controls_that_stand_alone_are_44_pixels(look, site):
    for page, address in walked(look, site):
        small = page.evaluate(f"""() => ({STOPS})().filter(one => {{
            const inText = one.matches("a") && one.parentElement.textContent.trim() !== one.textContent.trim()
                && getComputedStyle(one).display === "inline";
            const phone = one.matches("a[href^=tel], address a, footer p a");
            const parts = [one, ...(one.labels ?? [])].map(part => part.getBoundingClientRect());
            const size = (from, to) => Math.max(...parts.map(part => part[to])) - Math.min(...parts.map(part => part[from]));
            return !inText && !phone && !one.matches(".skip") && Math.min(size("top", "bottom"), size("left", "right")) < 43.9;
        }}).map(one => one.outerHTML.slice(0, 150))""")
        assert not small, (address, small)
