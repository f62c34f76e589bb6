"""Public pages are kept in memory: quick, never stale, the same for everybody, and there while the database is away."""

import datetime as dt
from itertools import product

import pytest
import time_machine

from models import Authority, Form, Procedure, Topic, WaitingTime, db, today
from support import bad_day
from support.visitor import Visitor
from web import page_cache
from web.page_cache import Pages
from web.state import state

PAGES = (
    *("/", "/procedures", "/procedures?q=loyer&audience=citizens", "/procedures/rent-subsidy", "/offline", "/help"),
    *("/saved", "/privacy", "/accessibility"),
)


def headers(answer) -> list[tuple[str, str]]:
    return sorted(header for header in answer.headers if header[0] not in ("Date", "X-Request-ID"))


@pytest.mark.parametrize("language", ["de", "fr", "en", "lb"])
@pytest.mark.parametrize("encoding", ["", "gzip", "br"])
def test_kept_page_is_the_very_answer_that_it_was_made_for(app, language, encoding, monkeypatch):
    """Body and every header; the page whole, and a part of it for htmx."""
    visitor = Visitor(app, language)
    for path, htmx in product(PAGES, (False, True)):
        answers = [visitor.open(path, htmx=htmx, headers={"Accept-Encoding": encoding}) for _ in range(2)]
        with monkeypatch.context() as patched:
            state(app).forget()
            patched.setattr(page_cache, "_is_shared", lambda _response: False)
            answers.append(visitor.open(path, htmx=htmx, headers={"Accept-Encoding": encoding}))
        first, *others = [(answer.status_code, headers(answer), answer.data) for answer in answers]
        assert others == [first] * 2 and first[0] == 200


def test_unchanged_page_is_not_sent_again(app):
    visitor = Visitor(app)
    tag = visitor.open("/").headers["ETag"]
    answer = visitor.open("/", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
    assert visitor.open("/", "HEAD").data == b""


@pytest.mark.parametrize("row", ["procedure", "topic", "authority", "form", "waiting time", "retired"])
def test_change_of_the_catalogue_shows_at_once(either, row):
    visitor, path = Visitor(either, "de"), "/procedures/rent-subsidy"
    before = visitor.get(path).html
    named = {"de": "Ganz neu", "fr": "x", "en": "x", "lb": "x"}
    procedure = Procedure.get(Procedure.slug == "rent-subsidy")
    changes = {
        "procedure": Procedure.update(title=named).where(Procedure.id == procedure.id),
        "topic": Topic.update(title=named),
        "authority": Authority.update(name=named),
        "form": Form.update(title=named),
        "retired": Form.update(retired=True).where(Form.procedure == procedure),
    }
    if row == "waiting time":
        WaitingTime.create(procedure=procedure, cases=50, half=17, most=31, counted_on=today())
    else:
        changes[row].execute()
    after = visitor.get(path).html
    assert after != before and (row in ("waiting time", "retired") or "Ganz neu" in after)


def test_page_is_made_anew_at_midnight_in_luxembourg(app, monkeypatch):
    made = []
    monkeypatch.setattr("blueprints.public.home.catalogue.grouped", lambda *_: made.append(1) or [])
    with time_machine.travel(dt.datetime(2026, 3, 2, 22, 59, tzinfo=dt.UTC), tick=False) as clock:
        [Visitor(app).get("/") for _ in range(2)]
        clock.shift(120)
        [Visitor(app).get("/") for _ in range(2)]
    assert made == [1, 1]


def test_nobody_else_sees_what_a_visitor_brought(app):
    """Host, cookies and parameters that the page does not read are neither shown nor kept apart."""
    clean = Visitor(app).get("/procedures").html
    poison = {"X-Forwarded-Host": "evil.example", "X-Original-URL": "/evil", "Cookie": "etracking=evil; other=evil"}
    for query in ("?utm_source=evil", "?number=evil", "?page=evil"):
        Visitor(app).open(f"/procedures{query}", headers=poison)
    assert Visitor(app).get("/procedures").html == clean and "evil" not in clean


def test_language_of_one_visitor_is_not_that_of_the_next(app):
    assert Visitor(app, "fr").get("/?lang=de").soup.html["lang"] == "de"
    assert Visitor(app, "fr").get("/").soup.html["lang"] == "fr"
    answer = Visitor(app, "fr").open("/?lang=de")
    assert "lang=de" in answer.headers["Set-Cookie"]
    assert "Set-Cookie" not in Visitor(app, "de").open("/").headers


def test_page_that_is_bound_to_a_session_is_not_kept(app, desk):
    desk.get("/")
    assert "csrf_token" not in Visitor(app).get("/").html
    desk.get("/sign-in")
    assert Visitor(app).open("/sign-in").headers["Cache-Control"] == "no-store"


def test_public_pages_go_on_while_the_database_is_away(either):
    visitors = {language: Visitor(either, language) for language in ("de", "en")}
    visitors["en"].get("/")
    with bad_day.gone():
        for path in PAGES:
            for language, visitor in visitors.items():
                assert visitor.get(path).soup.html["lang"] == language, f"{path} was never asked for in German"
        assert "Apply for a rent subsidy" in visitors["en"].get("/procedures?q=rent").text
        visitors["en"].get("/procedures/unknown", 503)


def test_process_that_never_saw_the_catalogue_says_when_to_come_again(app):
    with bad_day.gone():
        Visitor(app).get("/", 503)
        Visitor(app).get("/help")
    Visitor(app).get("/")


def test_revision_is_asked_for_once_a_second_at_most(app, monkeypatch):
    monkeypatch.setattr(page_cache, "CHECK_EVERY", 60)
    asked = []
    monkeypatch.setattr(state(app), "revision", lambda: asked.append(1) or "same")
    for path in ("/", "/", "/procedures", "/procedures/rent-subsidy"):
        Visitor(app).get(path)
    assert asked == [1]


def many(count: int) -> None:
    """So many procedures more, as large as the real ones."""
    model = Procedure.select().dicts().get()
    columns = [field for field in Procedure._meta.sorted_fields if field.name != "id"]
    rows = [model | {"slug": f"procedure-{index}", "position": index} for index in range(count)]
    for row in rows:
        row.pop("id")
    with db.atomic():
        for first in range(0, count, 100):
            Procedure.insert_many(rows[first : first + 100], fields=columns).execute()


@pytest.mark.long
def test_large_catalogue_is_listed_in_pages_of_bounded_size(app):
    many(500)
    visitor = Visitor(app)
    assert len(visitor.open("/").data) < 30_000 and len(visitor.open("/offline").data) < 100_000
    page, seen = visitor.get("/procedures?audience=citizens"), []
    while True:
        assert len(page.html) < 60_000
        seen += [link["href"] for link in page.soup.select(".topic a")]
        more = page.soup.find("a", string="More procedures")
        if not more:
            break
        page = visitor.get(more["href"])
    assert len(seen) == len(set(seen)) >= 500


def test_memory_for_pages_is_bounded(app, monkeypatch):
    kept = Pages()
    for index in range(3000):
        kept.put(index, page_cache.Page(b"x" * 10_000))
    held = [index for index in range(3000) if kept.get(index)]
    assert len(held) * 20_000 <= page_cache.MAX_BYTES and held[-1] == 2999
