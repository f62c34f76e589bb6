"""What a clerk does who opens the post."""

import datetime as dt

from bs4 import Tag

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


def boxes(page: Page, place: int = 0) -> dict[str, bool]:
    """The boxes of one form in the envelope: what stands beside each, and whether it is ticked."""
    form = page.soup.select("fieldset.opened")[place]
    labels = {label["for"]: label.get_text() for label in form.select(".check label")}
    return {labels[box["id"]]: box.has_attr("checked") for box in form.select("[type=checkbox]")}


def ask(desk: Visitor, page: Page, *clicks: str, place: int = 0, status: int = 200, **more: str) -> Page:
    """Click boxes of one form in the envelope, fill in more, and ask for what is missing; `htmx` and `press` too."""
    form, htmx, press = page.form("/envelopes/"), more.pop("htmx", False), more.pop("press", None)
    group = form.select("fieldset.opened")[place]
    for click in clicks:
        label = next(label for label in group.select(".check label") if label.get_text() == click)
        box = group.find(id=label["for"])
        if box.attrs.pop("checked", None) is None:
            box["checked"] = ""
    prefix = group.select_one("[name$=-seen]")["name"].removesuffix("seen")
    return desk.post(form["action"], status, data=sent(form, prefix, press, more), htmx=bool(htmx))


def sent(form: Tag, prefix: str, press: str | None, more: dict[str, str]) -> dict[str, list[str]]:
    """What a browser sends: several values of one name, and the name of the button that was pressed."""
    data: dict[str, list[str]] = {prefix + name: [text] for name, text in more.items()}
    for field in form.select("input[name], textarea"):
        box = field.get("type") == "checkbox"
        if field.has_attr("checked") if box else field["name"] not in data:
            text = field.get_text() if field.name == "textarea" else field["value"]
            data.setdefault(field["name"], []).append(text.strip())
    if press:
        button = next(button for button in form.select("button") if button.get_text().startswith(press))
        data.setdefault(button["name"], []).append(button["value"])
    return data


def said(page: Page) -> str:
    return " ".join(page.soup.select_one(".read").get_text(" ").split())


def titles(page: Page) -> list[str]:
    return [tag.get_text() for tag in page.soup.select(".outcome strong")]
