"""Every form of the desk with something typed into each of its fields, and what stands in it afterwards."""

from collections.abc import Iterator
from typing import NamedTuple

from bs4 import BeautifulSoup, Tag

from support.routes import Site
from support.visitor import Visitor

SECRETS = {"password", "again", "code", "credential"}
PLAIN = {"csrf_token"}  # new each time
BUTTONS = ("button", "image", "reset", "submit")
TYPED = {"date": "2026-12-24", "email": "typed@example.lu", "tel": "+352 621 123 456", "number": "7"}
WORDS = 'Typed by hand: é, "quoted", <b> & more\nin two lines'

Fields = list[tuple[str, str]]


class Typed(NamedTuple):
    """A form of `page`, and what is sent with it."""

    browser: Visitor
    page: str
    action: str
    sent: Fields

    @property
    def kept(self) -> Fields:
        """What has to be in the form again."""
        return [field for field in self.sent if field[0] not in SECRETS | PLAIN]


def typed_forms(site: Site) -> Iterator[Typed]:
    """Each form with a field to type into, on every page of the desk."""
    seen = set()
    for rule in site.app.url_map.iter_rules():
        if not rule.rule.startswith("/desk") or "GET" not in rule.methods:
            continue
        answer = site.open(rule, "GET")
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        page, browser = site.path(rule), site.admin if answer.request.path.startswith(OF_ADMINS) else site.desk
        soup = BeautifulSoup(answer.text, "html.parser")
        for form in soup.select("form[method=post]"):
            sent = fill(form, soup)
            name = form["action"], tuple(value for key, value in sent if key == "to")
            if name not in seen and any(field.get("type") != "hidden" for field in controls(form, soup)):
                seen.add(name)
                yield Typed(browser, page, form["action"], sent)


OF_ADMINS = ("/desk/staff", "/desk/systems", "/desk/audit", "/desk/texts")


def controls(form: Tag, soup: BeautifulSoup) -> list[Tag]:
    """The fields of a form, with those that name it by its id."""
    outside = soup.select(f"[form='{form['id']}']") if form.get("id") else []
    fields = [*form.select("input, textarea, select"), *outside]
    return [
        field for field in fields if field.get("name") and field.get("type") not in BUTTONS and field.name != "button"
    ]


def fill(form: Tag, soup: BeautifulSoup) -> Fields:
    """Type something else into each field than stands there; what a browser would send then."""
    sent = []
    for field in controls(form, soup):
        kind = field.get("type", "text") if field.name == "input" else field.name
        if kind in ("checkbox", "radio"):
            sent += [] if field.has_attr("checked") else [(field["name"], field.get("value", "on"))]
        elif kind == "hidden":
            sent.append((field["name"], field.get("value", "")))
        elif kind == "select":
            sent.append((field["name"], field.select("option")[-1]["value"]))
        else:
            sent.append((field["name"], TYPED.get(kind, WORDS if kind == "textarea" else WORDS.partition("\n")[0])))
    return sent


def found(page: str, action: str, like: Fields) -> Fields:
    """What stands in the form that is sent to `action`; if there are several, in the one with these hidden fields."""
    soup, sent = BeautifulSoup(page, "html.parser"), set(like)
    forms = [form for form in soup.select("form[method=post]") if form["action"] == action]
    form = max(forms, key=lambda form: len(set(state(form, soup)) & sent))
    return [field for field in state(form, soup) if field[0] not in SECRETS | PLAIN]


def state(form: Tag, soup: BeautifulSoup) -> Fields:
    """What a browser would send if nobody touched the form."""
    now = []
    for field in controls(form, soup):
        if field.get("type") in ("checkbox", "radio"):
            now += [(field["name"], field.get("value", "on"))] if field.has_attr("checked") else []
        elif field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            now.append((field["name"], chosen["value"]))
        elif field.name == "textarea":
            now.append((field["name"], field.get_text().removeprefix("\n")))
        else:
            now.append((field["name"], field.get("value", "")))
    return now
