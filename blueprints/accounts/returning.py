"""Back to where somebody was: after sign-in to the page that was asked for, and what was typed is in its form again.

The page is named in the session cookie, not in the URL: nobody outside can choose it, and no log shows it. What was
typed is in the database (models/staff/kept_form.py), for its account alone.
"""

from urllib.parse import quote, urlsplit

from flask import Response, current_app, g, make_response, render_template, request, session, url_for
from werkzeug.exceptions import HTTPException

from blueprints.accounts import form_tokens
from models import KeptForm, Staff, now
from models.security import events
from models.security.tokens import new_token
from models.staff.kept_form import KEPT_FOR, MAX_URL_LENGTH
from web import htmx
from web.errors import SECRETS
from web.refill import below_main, refill

NEXT, KEPT, ONCE = "next", "kept", "once"  # of the session
# What a browser forgets at the end of a session: pages, for Back too. Not cookies (they would go for all sites of the
# domain) and not storage: the dossiers that a citizen has saved in this browser are there, and the installed app.
CACHED_PAGES = '"cache"'
START = "/desk"


def ask_to_sign_in() -> Response:
    """Redirect to the sign-in page; remember what was asked for, or keep the form that was sent."""
    if request.method in ("GET", "HEAD"):
        if _from_elsewhere() and session.pop(ONCE, "") != request.path:
            return _once_more()
        _remember(_here())
    elif sender := form_tokens.sender():
        keep(sender)
    events.record("route-denied", "session")
    response = htmx.goto(url_for("sign_in.show"))
    if g.session_over:
        response.headers["Clear-Site-Data"] = CACHED_PAGES
    return response


def keep(sender: int) -> str:
    """Keep the form of this request for the account with id `sender`; return the page that has the form."""
    page, g.just_kept = _page_of_form(), True
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in SECRETS]
    if not _from_page():
        return page
    if {name for name, _value in typed} - {form_tokens.FIELD}:
        browser = session.setdefault(KEPT, new_token())
        KeptForm.keep(sender, browser, urlsplit(page).path, quote(request.path), typed)
    _remember(page, sender)
    return page


def destination(staff: Staff) -> str:
    """The URL to go on to after sign-in of `staff`: what was asked for, or the first page of the desk."""
    return asked_for(staff) or url_for("desk.index")


def asked_for(staff: Staff) -> str:
    """The URL that was asked for before sign-in and has not been opened since; empty if there is none for `staff`."""
    page, sender, at = session.get(NEXT) or ("", 0, 0.0)
    fresh = now().timestamp() - at < KEPT_FOR.total_seconds()
    return page if fresh and sender in (0, staff.id) else ""


def forget() -> None:
    """Forget the page, and what this account has kept in this browser."""
    session.pop(NEXT, None)
    if browser := session.get(KEPT):
        KeptForm.forget(form for form in KeptForm.of_browser(browser) if g.staff and form.staff_id == g.staff.id)


def give_back(response: Response) -> Response:
    """Put what was typed back into a page of the desk; delete it once it was sent with success, or refused in its form.

    For all answers to signed-in staff.
    """
    if not g.get("staff"):
        return response
    if response.status_code == 200 and (
        request.blueprint == "desk" or request.path == urlsplit(asked_for(g.staff)).path
    ):
        session.pop(NEXT, None)  # they have arrived
    session.pop(ONCE, None)
    if KEPT in session and not g.get("just_kept"):
        forms = list(KeptForm.of_browser(session[KEPT]))
        if not forms:
            session.pop(KEPT)
        own = [form for form in forms if form.staff_id == g.staff.id]
        if request.method == "POST" and (response.status_code < 400 or response.status_code in (409, 422)):
            KeptForm.forget(form for form in own if form.action == quote(request.path))
        elif request.method == "GET" and response.mimetype == "text/html" and not htmx.headers().part:
            _fill(response, [form for form in own if form.page == quote(request.path)])
    return response


def _fill(response: Response, forms: list[KeptForm]) -> None:
    if not forms:
        return
    html, left = response.get_data(as_text=True), []
    for form in forms:
        html, unplaced = refill(html, form.action, form.typed)
        left += unplaced
    notice = render_template("accounts/_kept.html", left=[text for text in left if not text.isdecimal()])
    response.set_data(below_main(html, notice))


def _from_elsewhere() -> bool:
    """True if a link on another site may have led here, so that the session cookie was held back.

    In Firefox the service worker asks then, and says no more than that.
    """
    told = request.headers
    by_worker = told.get("Sec-Fetch-Dest") == "empty" and not htmx.headers()
    return not g.session_over and (told.get("Sec-Fetch-Site") == "cross-site" or by_worker)


def _once_more() -> Response:
    """A page that loads this URL again by itself.

    The session cookie is SameSite=Strict: when a link on another site is followed, in a mailbox for example, browsers
    do not send it. They do when a page of ours asks.
    """
    session[ONCE] = request.path  # and not for ever, whatever a browser makes of it
    return make_response(render_template("accounts/sign_in/once_more.html", url=_here()))


def _remember(page: str, sender: int = 0) -> None:
    session[NEXT] = page, sender, now().timestamp()


def _here() -> str:
    """The URL of this request if it is a page, else of the page above it."""
    query = request.query_string.decode("ascii", "ignore")
    return _page(quote(request.path), query)


def _from_page() -> bool:
    """False for a script of ours that keeps what it sends by itself (static/post-bag.js)."""
    return not htmx.headers() or bool(htmx.headers().current_url)


def _page_of_form() -> str:
    """The URL of the page whose form was sent: as the browser tells it, else above the URL it was sent to."""
    told = urlsplit(htmx.headers().current_url or request.referrer or "")
    if told.netloc == request.host and told.path.startswith(START):
        return _page(told.path, told.query)
    return _page(quote(request.path), "")


def _page(path: str, query: str) -> str:
    """`path` with its query if it is a page of the desk, else the nearest one above it."""
    routes = current_app.url_map.bind("")
    while path.startswith(f"{START}/"):
        try:
            routes.match(path, "GET")
        except HTTPException:
            path, query = path.rpartition("/")[0], ""
            continue
        if "." not in path:  # a table or a mail to look at is no page
            url = f"{path}?{query}" if query else path
            return url if len(url) <= MAX_URL_LENGTH else path
        path, query = path.rpartition("/")[0], ""
    return f"{START}?{query}" if path == START and query and len(query) < MAX_URL_LENGTH - 10 else START
