"""htmx: read its headers (by htmx-flask), and answer with a part of a page. No other module reads HX-* headers."""

from typing import Any, cast

from flask import Flask, Response, redirect, render_template, request
from htmx_flask import Htmx, make_response
from htmx_flask.requests import HtmxAwareRequest, HtmxHeaders

from web.bodies import WholeBody


class Headers(HtmxHeaders):
    """The htmx headers of a request. htmx-flask reads those of htmx 2; this adds HX-Request-Type of htmx 4."""

    @property
    def part(self) -> bool:
        """True if htmx wants a part of the page.

        False when the visitor goes back in history: then the browser has no page to put a part into.
        """
        whole = self.boosted or self.history_restore_request or self._headers.get("HX-Request-Type") == "full"
        return bool(self) and not whole


class Request(WholeBody, HtmxAwareRequest):
    """A request with our `Headers` as `request.htmx`, and with no body that is cut off."""

    htmx: Headers

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.htmx = Headers(self.headers)


# Headers for Vary: a cache must never serve a part of a page as the whole page.
VARY = ("HX-Request", "HX-Request-Type", "HX-History-Restore-Request")


def init_app(app: Flask) -> None:
    """Add `request.htmx` to every request."""
    Htmx(app)
    app.request_class = Request  # after Htmx(), which sets its own


def headers() -> Headers:
    """The htmx headers of this request; false in a condition if the request is not from htmx."""
    return cast(Request, request).htmx


def page(template: str, status: int = 200, /, push: str | None = None, **context: Any) -> Response:
    """Render `blueprint/view.html`, or for htmx only its part `blueprint/_view.html`.

    With `push`, htmx shows that URL in the address bar: the part then stands for a page of its own.
    """
    if not headers().part:
        return make_response(render_template(template, **context), status)
    folder, _, name = template.rpartition("/")
    body = render_template(f"{folder}/_{name}", **context)
    return make_response(body, status, push_url=push)


def beside(response: Response, selector: str) -> None:
    """Have htmx put the answer into the element of `selector`, and leave alone what it asked for."""
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = selector, "innerHTML"


def follow(url: str) -> Response:
    """Redirect to `url` after a change (303, so by GET). htmx follows too and swaps in the part it gets."""
    return cast(Response, redirect(url, 303))


def goto(url: str) -> Response:
    """Redirect to `url` after a change, and load the whole page, under htmx too (HX-Redirect)."""
    if headers():
        return make_response("", 204, redirect=url)
    return follow(url)
