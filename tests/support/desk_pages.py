"""What a clerk does on the page of a dossier; for test_desk*.py."""

import datetime as dt

from models import Dossier, now, today
from support.visitor import Page, Visitor, values

TOMORROW, YESTERDAY = today() + dt.timedelta(days=1), today() - dt.timedelta(days=1)
LONG_AGO = today() - dt.timedelta(days=3)
FIELDS = {
    "received": {"arrived_on": today().isoformat()},
    "incomplete": {"missing": "Copy of the passport\n- Lease", "until": (today() + dt.timedelta(days=20)).isoformat()},
}
TO_REACH = {
    "received": ("received",),
    "incomplete": ("received", "incomplete"),
    "examination": ("received", "examination"),
    "decided": ("received", "examination", "decided"),
}


def address(dossier: Dossier) -> str:
    return f"/desk/dossiers/{dossier.number}"


def form_of(page: Page, to: str):
    """The form of the page that makes the move to `to`."""
    return page.soup.select_one(f"form:has(input[name=to][value={to}])")


def send(desk: Visitor, page: Page, to: str, status: int = 200, htmx: bool = False, /, **fields) -> Page:
    """Fill in and send the form of one move as it stands on `page`."""
    form = form_of(page, to)
    typed = values(form) | {field["name"]: field.get_text().strip() for field in form.select("textarea")}
    typed |= {field["name"]: field.option["value"] for field in form.select("select")}
    return desk.post(form["action"], status, data=typed | fields, htmx=htmx)


def move(desk: Visitor, dossier: Dossier, to: str, status: int = 200, **fields) -> Page:
    return send(desk, desk.get(address(dossier)), to, status, **FIELDS.get(to, {}) | fields)


def moved(desk: Visitor, dossier: Dossier, status: str) -> Page:
    """The desk's page of the dossier after it was brought to `status`."""
    for to in TO_REACH[status]:
        move(desk, dossier, to)
    return desk.get(address(dossier))


def stored(dossier: Dossier) -> Dossier:
    return Dossier.get_by_id(dossier.id)


def given_out_long_ago(dossier: Dossier) -> None:
    """Its envelope may have been on the way for days."""
    Dossier.update(created_at=now() - dt.timedelta(days=10)).where(Dossier.id == dossier.id).execute()


def offered(page: Page) -> list[str]:
    return [field["value"] for field in page.soup.select("input[name=to]")]


def variables(dossier: Dossier) -> dict[str, object]:
    """What stands for each variable in the addresses of the desk, so that tests can walk all of them."""
    return {
        "number": dossier.number,
        "name": "stages",
        "kind": "received",
        "language": "en",
        **dict.fromkeys(("bag", "batch", "contact", "notification", "mail"), 1),
        **dict.fromkeys(("key", "scan"), "5d1b7a1e-3c52-4b8e-9c0c-0f2f1d6a7b11"),
    }
