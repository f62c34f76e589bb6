"""Public pages that are the same for everybody, kept in memory: to be quick, and to go on while the database is away.

A page is kept under all that it depends on: its view, the query parameters that the view names, the language, whether
htmx wants a part, the revision of the data it shows, and the day. Nothing else may change it: no Host, no cookie, no
other parameter. Its headers are made anew for each answer, by the same functions as those of any other page.
"""

import threading
import time
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any

from flask import Flask, Response, current_app, g, request

from web import database, htmx
from web.compression import Page
from web.languages import current
from web.state import LRUCache, state

CHECK_EVERY = 1.0  # seconds for which a revision is believed
CHECK_AGAIN = 5.0  # the same after a check that failed: each may take seconds while the database is away
MAX_BYTES = 8 * 1024 * 1024
MAX_PARAMETER = 100  # characters; a page with more is not kept
View = Callable[..., Response]


class Pages(LRUCache[Hashable, Page]):
    """The pages kept in this process, at most MAX_BYTES of them."""

    def __init__(self) -> None:
        super().__init__(MAX_BYTES, weight=lambda page: page.weight)


class Revision:
    """The revision of the data, as it was last seen. While the database is away, it is the last known one."""

    def __init__(self) -> None:
        self._known: Hashable | None = None
        self._until = 0.0
        self._asking = threading.Lock()

    def get(self, ask: Callable[[], Hashable]) -> Hashable:
        """The revision. One thread asks for it; the others go on with the last known one meanwhile."""
        if self._known is not None and (time.monotonic() < self._until or not self._asking.acquire(blocking=False)):
            return self._known
        if self._known is None:
            self._asking.acquire()
        try:
            self._known, self._until = ask(), time.monotonic() + CHECK_EVERY
        except Exception as error:
            if self._known is None or not state().is_away(error):
                raise
            database.note(error)
            self._until = time.monotonic() + CHECK_AGAIN
        finally:
            self._asking.release()
        return self._known


def init_app(app: Flask, revision: Callable[[], Hashable], today: Callable[[], Hashable]) -> None:
    """Keep pages by `revision`, one cheap query, and by `today`."""
    state(app).revision, state(app).today = revision, today


def revision() -> Hashable:
    """The revision of the data that public pages show; at most CHECK_EVERY seconds old."""
    return state().cache(Revision).get(state().revision)


def shared(*parameters: str, of_data: bool = True) -> Callable[[View], View]:
    """Decorator: keep the pages of this view. `parameters` are the query parameters that it reads.

    A view that shows no data (`of_data=False`) asks the database for nothing. A page with a form that is bound to a
    session, and any answer but 200, is never kept.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(**values: Any) -> Response:
            if current_app.debug:
                return view(**values)
            asked = tuple(request.args.get(name) for name in parameters)
            if any(len(value or "") > MAX_PARAMETER for value in asked):
                return view(**values)
            depends = (revision(), state().today()) if of_data else ()
            key = (request.endpoint, *values.values(), *asked, current(), htmx.headers().part, *depends)
            pages = state().cache(Pages)
            page = pages.get(key)
            if page is None:
                response = view(**values)
                if not _is_shared(response):
                    return response
                page = Page(response.get_data())
                pages.put(key, page)
            return page_response(page)

        return answer

    return decorate


def page_response(page: Page) -> Response:
    """An answer with a kept page; it is compressed only once."""
    g.page = page
    return Response(page.body)


def _is_shared(response: Response) -> bool:
    """True for a whole page or part without a session's token, a cookie or a header of its own."""
    names = {name.lower() for name, _value in response.headers}
    return response.status_code == 200 and "csrf_token" not in g and names <= {"content-type", "content-length"}
