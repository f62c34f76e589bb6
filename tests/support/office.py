"""What an administrator does on the page of the accounts."""

from models import Staff
from support.authenticator import csrf
from support.visitor import Page, Visitor

NEW = "a password of many letters"


def invite(office: Visitor, status: int = 200, **fields: str) -> Page:
    typed = {"email": "new@example.lu", "role": "helpdesk", "authority": ""} | fields
    return office.post("/desk/staff", status, data={"csrf_token": csrf(office.get("/desk/staff"))} | typed)


def link(page: Page) -> str:
    return page.soup.select_one("#link")["value"].removeprefix("http://localhost")


def change(office: Visitor, staff: Staff, action: str, status: int = 200) -> Page:
    page = office.get("/desk/staff")
    return office.post(f"/desk/staff/{staff.id}", status, data={"csrf_token": csrf(page), "action": action})


def row(page: Page, email: str) -> str:
    rows = [" ".join(row.get_text(" ").split()) for row in page.soup.select("tbody tr")]
    return next(text for text in rows if text.startswith(email))


def over(app, address: str) -> bool:
    """Whether the link opens nothing: neither its page nor what its page sends."""
    browser = Visitor(app)
    token = csrf(browser.get("/sign-in"))
    data = {"csrf_token": token, "password": NEW, "again": NEW, "credential": "{}"}
    answers = [
        browser.open(address),
        *[browser.open(address + to, "POST", data=data) for to in ("", "/challenge", "/passkey")],
    ]
    assert len({Page(answer).title for answer in answers}) == 1
    return all(answer.status_code == 404 for answer in answers)
