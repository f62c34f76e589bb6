"""What a clerk does who opens the post."""

import datetime as dt

from models import today
from support.visitor import Page, Visitor


def begin(desk: Visitor, day: dt.date | None = None, status: int = 200, **fields) -> Page:
    page = desk.get("/desk/post-bag?new=1")
    return desk.submit(page, "/desk/post-bag", status, arrived_on=(day or today()).isoformat(), **fields)


def read(desk: Visitor, typed: str, **fields) -> Page:
    """Scan one code without JavaScript; the page with its answer."""
    return desk.submit(desk.get("/desk/post-bag"), "/reads", text=typed, **fields)


def tap(desk: Visitor, page: Page, step: str, status: int = 200) -> Page:
    """Press the button of an answer."""
    form = page.soup.select_one(f"form:has(input[name=step][value={step}])")
    data = {field["name"]: field["value"] for field in form.select("input[name]")}
    return desk.post(form["action"], status, data=data)


def said(page: Page) -> str:
    return " ".join(page.soup.select_one(".read").get_text(" ").split())


def titles(page: Page) -> list[str]:
    return [tag.get_text() for tag in page.soup.select(".outcome strong")]
