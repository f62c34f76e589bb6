"""The site as an app: what a phone reads before it installs it, what the worker keeps, what is shared and moved."""

import re

import pytest
from PIL import Image
from zxingcpp import read_barcode

from blueprints.public.pwa import BACKGROUND_COLOUR, MAX_QR_CHARACTERS, THEME_COLOUR
from models.dossiers.codes import find
from models.dossiers.number import grouped, new_number
from paths import ROOT
from support import production
from support.camera import drawn
from support.sending import close
from support.site import running
from support.visitor import Visitor

LANGUAGES = ["de", "fr", "en", "lb"]


@pytest.fixture
def app(profile):
    """In both profiles: what installs from http://localhost alone is no app."""
    return profile


@pytest.mark.parametrize("language", LANGUAGES)
def test_manifest_is_complete_in_each_language(visitor, language):
    page = visitor.get(f"/help?lang={language}")
    answer = visitor.open(page.soup.select_one("link[rel=manifest]")["href"])
    manifest = answer.json
    assert answer.mimetype == "application/manifest+json" and "max-age" in answer.headers["Cache-Control"]
    assert manifest["id"] == manifest["scope"] == manifest["start_url"] == "/"
    assert manifest["lang"] == language and manifest["display"] == "standalone" and manifest["dir"] == "ltr"
    assert len(manifest["short_name"]) <= 12 and manifest["name"] and manifest["description"] and manifest["categories"]
    assert {"192x192", "512x512", "any"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert [icon["sizes"] for icon in manifest["icons"] if icon.get("purpose") == "maskable"] == ["512x512"]
    assert [shortcut["url"] for shortcut in manifest["shortcuts"]] == ["/procedures", "/saved", "/t"]
    assert {screen["form_factor"] for screen in manifest["screenshots"]} == {"narrow", "wide"}
    assert manifest["share_target"]["action"] == "/t" and manifest["share_target"]["enctype"]
    for shortcut in manifest["shortcuts"]:
        visitor.get(shortcut["url"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_are_there_and_as_large_as_the_manifest_says(visitor, language):
    manifest = visitor.open(f"/manifest.webmanifest?lang={language}").json
    pictures = manifest["icons"] + manifest["screenshots"] + [s["icons"][0] for s in manifest["shortcuts"]]
    for picture in pictures:
        name = re.sub(r"\.[0-9a-f]{12}(?=\.)", "", picture["src"])
        if picture["type"] != "image/png":
            continue
        with Image.open(ROOT / name.lstrip("/")) as image:
            assert picture["sizes"] == f"{image.width}x{image.height}"
            if picture.get("purpose") == "maskable":  # cut to any shape: nothing may shine through
                assert image.convert("RGBA").getextrema()[3] == (255, 255)
        assert (ROOT / name.lstrip("/")).stat().st_size < 80_000


def test_colours_are_those_of_the_stylesheet(visitor):
    css = (ROOT / "static" / "site.css").read_text()
    assert f"--brand: {THEME_COLOUR}" in css and f"--ground: {BACKGROUND_COLOUR}" in css
    themes = visitor.get("/").soup.select("meta[name=theme-color]")
    assert [theme["content"] for theme in themes] == [THEME_COLOUR, "#0c2745"] and "--brand: #0c2745" in css
    assert visitor.get("/").soup.select_one("link[rel=apple-touch-icon]")


def test_worker_is_asked_for_every_time_and_keeps_what_a_page_without_network_needs(visitor):
    answer = visitor.open("/sw.js")
    assert answer.mimetype == "text/javascript" and answer.headers["Cache-Control"] == "no-cache"
    files = answer.text.splitlines()[0]
    page = visitor.get("/offline")
    for tag in page.soup.select("link[rel=stylesheet], link[rel=icon], script[src]"):
        assert (tag.get("src") or tag["href"]) in files
    again = visitor.open("/sw.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert "{#" not in answer.text and "{{" not in answer.text


@pytest.mark.parametrize("start", [running, production.site])
def test_worker_changes_with_what_it_keeps(sqlite_url, start):
    one = Visitor(start(sqlite_url)).open("/sw.js").text
    again = Visitor(start(sqlite_url), "fr", "192.0.2.2").open("/sw.js?lang=lb").text
    other = Visitor(start(sqlite_url, HELPDESK_PHONE="+352 8002 8002")).open("/sw.js").text  # in the foot of every page
    assert one == again != other
    close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_offline_page_is_an_ordinary_page_in_each_language(app, language):
    answer = Visitor(app, language).open("/offline")
    page = Visitor(app, language).get("/offline")
    assert answer.headers["Content-Language"] == language == page.soup.html["lang"]
    assert answer.headers["Cache-Control"] == "no-cache" and page.soup.select_one("meta[name=robots]")
    assert page.soup.select("[data-visited] a[href='/procedures/rent-subsidy']") and page.soup.select(
        "[data-list=saved]"
    )


def test_pages_that_belong_to_nobody_may_be_kept_and_the_others_not(visitor, dossier):
    for path in ("/", "/procedures", "/procedures/rent-subsidy", "/help", "/saved", "/offline"):
        assert visitor.open(path).headers["Cache-Control"] == "no-cache", path
    for path in (f"/t/{dossier.number}", "/track/rent-subsidy/application", "/sign-in", "/desk"):
        assert "no-store" in visitor.open(path).headers["Cache-Control"], path


@pytest.mark.parametrize(
    "text",
    [
        "{n}",
        "{g}",
        "Hello, my number is {g}. Where is it?",
        "see https://etracking.example.lu/t/{n}?x=1 please",
        "HTTPS://ETRACKING.EXAMPLE.LU/T/{n}",
        "eTracking: {n}\nPosted on 3 May",
        "({s})",
        "Nummer:{l}!",
        "administration sent {s} yesterday",
        "„{g}“",
        "Vorgang RR123456785LU und {g}",
    ],
)
def test_shared_text_with_a_number_in_it_opens_the_dossier(visitor, dossier, text):
    number = dossier.number
    shown = text.format(n=number, g=grouped(number), s=grouped(number).replace("-", " "), l=number.lower())
    page = visitor.get("/t", query_string={"shared": ["", shown]})
    assert page.url == f"/t/{number}"


def test_shared_text_without_a_number_says_so_and_offers_the_field(visitor):
    page = visitor.get("/t", status=404, query_string={"shared": "See you tomorrow at nine"})
    assert "no eTracking number" in page.errors["number"] and page.soup.select_one("#number")["value"] == ""
    assert visitor.get("/t", query_string={"shared": " "}).title == "Where is my dossier?"


def test_number_goes_before_words_that_pass_the_check_by_chance():
    number = next(n for n in iter(new_number, None) if any(map(str.isdigit, n)))
    word = next(n for n in iter(new_number, None) if n.isalpha())
    assert find(f"{word} {number}") == number and find(word) == word
    assert find("") is find("nothing here") is find("x" * 100_000) is None


def test_list_of_saved_dossiers_explains_itself_without_javascript(visitor):
    page = visitor.get("/saved")
    assert page.title == "My dossiers" and "JavaScript" in page.soup.noscript.get_text()
    assert page.soup.select_one("main a[href='/t']") and "Set-Cookie" not in page.response.headers
    assert all(place.has_attr("hidden") for place in page.soup.select("[data-list]"))


def test_code_for_the_other_phone_is_drawn_from_the_body_and_needs_no_session(app, visitor, dossier):
    packed = f"{dossier.number}=Mum%E2%80%99s+visa"
    answer = visitor.open("/saved/qr", "POST", data={"dossiers": packed})
    assert read_barcode(drawn(answer.text)).text == f"{app.config['SITE_URL']}/saved#{packed}"
    assert answer.mimetype == "image/svg+xml" and answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert visitor.open(f"/saved/qr?dossiers={packed}").status_code == 405


@pytest.mark.parametrize(
    ("dossiers", "status"),
    [("", 400), ("é", 400), ("x" * (MAX_QR_CHARACTERS + 1), 422), ("x" * MAX_QR_CHARACTERS, 200)],
)
def test_code_that_cannot_be_drawn_is_refused(visitor, dossiers, status):
    assert visitor.open("/saved/qr", "POST", data={"dossiers": dossiers}).status_code == status


def test_status_page_offers_to_save_only_where_it_works(visitor, dossier):
    section = visitor.get(f"/t/{dossier.number}").soup.select_one("[data-save]")
    assert "scripted" in section.form["class"] and section["data-dossier"] == dossier.number
    assert "bookmark" in section.noscript.get_text()
    assert not section.select("[name]")  # should the script fail, the name still does not leave the device
