"""A browser without JavaScript: follows links, fills in forms, and checks every page it is shown."""

from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.test import TestResponse


class Page:
    """An answer with HTML in it, checked for what must hold on every page."""

    def __init__(self, response: TestResponse, part: bool = False) -> None:
        self.response, self.status, self.url = response, response.status_code, response.request.path
        self.html = response.text
        self.soup = BeautifulSoup(self.html, "html.parser")
        check(self.soup, part)

    @property
    def text(self) -> str:
        """The words of the main part, white space folded."""
        return " ".join((self.soup.main or self.soup).get_text(" ").split())

    @property
    def title(self) -> str:
        return self.soup.h1.get_text(" ", strip=True)

    @property
    def errors(self) -> dict[str, str]:
        """The error beside each field."""
        return {tag["id"].removesuffix("-error"): tag.get_text(strip=True) for tag in self.soup.select(".error[id]")}

    def form(self, action: str = "") -> Tag:
        """The form in the main part that is sent to an address with `action` in it, and that can be seen."""
        forms = (self.soup.main or self.soup).select("form:not([hidden])")
        return next(form for form in forms if action in form["action"])


class Visitor:
    def __init__(self, app: Flask, language: str = "en", address: str = "192.0.2.1") -> None:
        self.client = app.test_client()
        self.language, self.address = language, address

    def open(self, path: str, method: str = "GET", htmx: bool = False, **kwargs) -> TestResponse:
        headers = (
            {"Accept-Language": self.language} | ({"HX-Request": "true"} if htmx else {}) | kwargs.pop("headers", {})
        )
        return self.client.open(
            path,
            method=method,
            headers=headers,
            environ_overrides={"REMOTE_ADDR": self.address},
            buffered=True,
            **kwargs,
        )

    def get(self, path: str, status: int = 200, **kwargs) -> Page:
        response = self.open(path, follow_redirects=True, **kwargs)
        assert response.status_code == status, f"{path}: {response.status}"
        return Page(response, part=kwargs.get("htmx", False))

    def post(self, path: str, status: int = 200, **kwargs) -> Page:
        response = self.open(path, "POST", follow_redirects=True, **kwargs)
        assert response.status_code == status, f"{path}: {response.status}"
        return Page(response, part=kwargs.get("htmx", False))

    def submit(self, page: Page, action: str = "", status: int = 200, htmx: bool = False, **fields) -> Page:
        """Send a form of `page` as it stands, with `fields` filled in (None empties or unticks)."""
        form = page.form(action)
        data = values(form) | fields
        data = {name: value for name, value in data.items() if value is not None}
        path = urlsplit(urljoin(page.url, form["action"])).path
        if form.get("method", "get").lower() == "get":
            return self.get(path, status, query_string=data, htmx=htmx)
        return self.post(path, status, data=data, htmx=htmx)


def values(form: Tag) -> dict[str, str]:
    """What a form would send if nobody touched it."""
    found = {}
    for field in form.find_all(["input", "textarea", "select"]):
        kind = field.get("type", "text")
        if field.get("name") and (kind not in ("checkbox", "radio") or field.has_attr("checked")):
            found[field["name"]] = field.get_text() if field.name == "textarea" else field.get("value", "")
    return found


def check(soup: BeautifulSoup, part: bool) -> None:
    """What holds for every page and every part of one."""
    tags = soup.find_all(True)
    ids = [tag["id"] for tag in tags if "id" in tag.attrs]
    assert len(ids) == len(set(ids)), f"ids twice: {sorted({i for i in ids if ids.count(i) > 1})}"
    for tag in tags:
        if tag.attrs or tag.name in ("form", "script", "style"):
            check_tag(tag, set(ids))
    names = [tag.name for tag in tags]
    if part:
        assert not {"html", "main"} & set(names), "a part that is a whole page"
    else:
        assert names.count("h1") == 1 and soup.title.get_text(strip=True) and soup.html["lang"]


def check_tag(tag: Tag, ids: set[str]) -> None:
    """What holds for a tag of a page with these `ids`."""
    attributes = tag.attrs
    assert tag.name != "style" and "style" not in attributes, "inline style"
    assert tag.name != "script" or "src" in attributes, "inline script"
    assert not any(name.startswith("on") for name in attributes), "inline handler"
    assert tag.name != "form" or attributes.get("action"), "form without an action"
    if "data-hx-get" in attributes or "data-hx-post" in attributes:
        assert attributes.get("href") or attributes.get("action"), f"works with JavaScript only: {tag.name}"
    for name in ("aria-describedby", "aria-labelledby", "for"):
        assert set(attributes.get(name, "").split()) <= ids, f"{name} names nothing: {tag[name]}"
    loaded = attributes.get("src") or (tag.name == "link" and attributes.get("href")) or ""
    assert not urlsplit(loaded).netloc, "loads something from elsewhere"
