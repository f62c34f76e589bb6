"""Static files: kept for ever under a name that changes with the content, ready compressed, never stale."""

import gzip
import re
from functools import partial
from urllib.parse import urlsplit

import brotli
import pytest
from flask import Flask

from web import security_headers as headers
from web import state
from web import static_files as statics

UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress}
STYLE = "main { margin: 0 auto }\n" * 40
SMALL = "main{margin:0 auto}" * 40


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """A style sheet, a script of somebody else and a picture, and nothing built yet."""
    sources = tmp_path / "sources"
    (sources / "vendor").mkdir(parents=True)
    (sources / "site.css").write_text(STYLE)
    (sources / "vendor" / "x.min.js").write_text("let x = 1;\n" * 100)
    (sources / "picture.png").write_bytes(bytes(range(256)))
    monkeypatch.setattr(statics, "SOURCES", sources)
    monkeypatch.setattr(statics, "BUILT", tmp_path / "built")
    return sources


def started(secure: bool = False):
    """How to ask an app that has nothing but static files, and its `static_url`."""
    app = Flask("plain", static_folder=str(statics.SOURCES), static_url_path="/static")
    app.config.update(SESSION_COOKIE_SECURE=secure, PROXY_HOPS=0, SEND_FILE_MAX_AGE_DEFAULT=60)
    for part in (state, headers, statics):
        part.init_app(app)

    def static_url(name: str) -> str:
        with app.test_request_context():
            return statics.static_url(name)

    return partial(app.test_client().open, buffered=True, follow_redirects=True), static_url


def test_address_holds_the_hash_and_the_answer_is_kept_for_ever():
    statics.build()
    ask, static_url = started()
    address = static_url("vendor/x.min.js")
    assert re.fullmatch(r"/static/vendor/x\.min\.[0-9a-f]{12}\.js", address)
    answer = ask(address)
    kept = {part.strip() for part in answer.headers["Cache-Control"].split(",")}
    assert kept == {"public", "max-age=31536000", "immutable"}
    assert answer.mimetype == "text/javascript" and answer.text == "let x = 1;\n" * 100


@pytest.mark.parametrize("encoding", ["br", "gzip"])
@pytest.mark.parametrize("hashed", [True, False])
def test_compressed_answer_is_the_source_made_small(encoding, hashed):
    statics.build()
    ask, static_url = started()
    address = static_url("site.css") if hashed else "/static/site.css"
    answer = ask(address, headers={"Accept-Encoding": encoding})
    assert answer.headers["Content-Encoding"] == encoding and answer.headers["Vary"] == "Accept-Encoding"
    assert len(answer.data) < len(STYLE) / 5 and UNPACK[encoding](answer.data).decode() == SMALL


def test_browser_gets_the_smallest_it_understands_and_a_picture_as_it_is():
    statics.build()
    ask, static_url = started()
    wish = {"Accept-Encoding": "gzip, deflate, br, zstd"}
    assert ask(static_url("site.css"), headers=wish).headers["Content-Encoding"] == "br"
    for other in ({}, {"Accept-Encoding": "br;q=0, gzip;q=0"}):
        assert "Content-Encoding" not in ask(static_url("site.css"), headers=other).headers
    picture = ask(static_url("picture.png"), headers=wish)
    assert "Content-Encoding" not in picture.headers and picture.data == bytes(range(256))


def test_plain_address_goes_on_working_and_is_kept_for_a_minute():
    statics.build()
    ask, _ = started()
    answer = ask("/static/site.css")
    assert answer.text == SMALL and answer.cache_control.max_age == 60 and not answer.cache_control.immutable


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize(
    ("method", "wish", "status"),
    [
        ("GET", {}, 200),
        ("HEAD", {"Accept-Encoding": "br"}, 200),
        ("GET", {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304),
        ("GET", {"Range": "bytes=0-9"}, 206),
        ("GET", {"Range": "bytes=99999-"}, 416),
        ("POST", {}, 405),
    ],
)
def test_every_answer_carries_the_headers_of_a_file(secure, method, wish, status):
    statics.build()
    ask, static_url = started(secure)
    answer = ask(static_url("site.css"), method=method, headers=wish)
    assert answer.status_code == status
    assert headers.STATIC_HEADERS.items() <= dict(answer.headers).items()
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_change_that_was_not_built_is_served_and_nothing_stale(folders):
    statics.build()
    _, static_url = started()
    before = static_url("site.css")
    (folders / "site.css").write_text(STYLE + "/* new */")
    ask, static_url = started()
    assert static_url("site.css") == "/static/site.css"
    for wish in ({}, {"Accept-Encoding": "br"}):
        assert ask("/static/site.css", headers=wish).data == (STYLE + "/* new */").encode()
    assert ask(before).text == SMALL  # a page from before the change still gets what it was made for


def test_running_site_is_not_disturbed_by_a_change(folders):
    statics.build()
    ask, static_url = started()
    (folders / "site.css").write_text("/* new */")
    statics.build()
    assert ask(static_url("site.css")).text == ask("/static/site.css").text == SMALL
    _, changed = started()
    assert changed("site.css") != static_url("site.css")


def test_building_again_makes_nothing_twice():
    statics.build()
    first = {path: path.stat().st_ino for path in statics.BUILT.rglob("*.*")}
    statics.build()
    assert {path: path.stat().st_ino for path in statics.BUILT.rglob("*.*")} == first


def test_site_without_anything_built_works():
    ask, static_url = started()
    assert ask(static_url("site.css")).text == STYLE


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/vendor/../../built",
        "/static/",
        "/static//etc/passwd",
        "/static/vendor",
        "/static/nothing.css",
        "/static/site.000000000000.css",
        "/static/..\\x",
    ],
)
def test_nothing_else_is_served(path):
    statics.build()
    assert started()[0](path).status_code == 404


def test_every_file_that_a_page_names_is_kept_for_ever(monkeypatch, request):
    monkeypatch.undo()  # the real files
    statics.build()
    visitor = request.getfixturevalue("visitor")
    for address in ("/", "/procedures", "/t", "/track/rent-subsidy/application"):
        named = visitor.get(address).soup.select("link[href^='/static/'], script[src]")
        for url in {urlsplit(tag.get("href") or tag["src"]).path for tag in named}:
            assert visitor.open(url).cache_control.immutable, url
