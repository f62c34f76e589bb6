"""All that is known here about htmx: reading its headers (htmx-flask) and answering with a part of a page."""

from typing import Any, cast

from flask import Flask, Response, redirect, render_template, request
from htmx_flask import Htmx, make_response
from htmx_flask.requests import HtmxAwareRequest, HtmxHeaders


class Headers(HtmxHeaders):
    """htmx-flask reads what htmx 2 sent; htmx 4 also says whether a part or the whole page is wanted."""

    @property
    def part(self) -> bool:
        """Answer with a part of the page? Not when going back in history: the browser has nothing to put it into."""
        whole = self.boosted or self.history_restore_request or self._headers.get("HX-Request-Type") == "full"
        return bool(self) and not whole


class Request(HtmxAwareRequest):
    htmx: Headers

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.htmx = Headers(self.headers)


# What an answer may depend on: a part must never be taken from a cache as a page.
VARY = ("HX-Request", "HX-Request-Type", "HX-History-Restore-Request")


def init_app(app: Flask) -> None:
    """Give requests their `htmx`."""
    Htmx(app)
    app.request_class = Request  # after Htmx(), which sets its own


def headers() -> Headers:
    """What htmx says in the headers of this request; false if it did not ask."""
    return cast(Request, request).htmx


def page(template: str, status: int = 200, /, push: str | None = None, **context: Any) -> Response:
    """Render `blueprint/view.html`, or for htmx only its part `blueprint/_view.html`.

    With `push`, htmx shows this address: a part that stands for a page of its own.
    """
    if not headers().part:
        return make_response(render_template(template, **context), status)
    folder, _, name = template.rpartition("/")
    body = render_template(f"{folder}/_{name}", **context)
    return make_response(body, status, push_url=push)


def follow(address: str) -> Response:
    """After a change: go on at `address`, with GET. htmx gets the part of it that stands in the same place."""
    return cast(Response, redirect(address, 303))


def goto(address: str) -> Response:
    """After a change: leave this page for `address`, whole, with htmx as well."""
    if headers():
        return make_response("", 204, redirect=address)
    return follow(address)
