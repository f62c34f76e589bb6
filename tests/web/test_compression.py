"""Pages compressed as the browser wishes, told apart by it, and not sent at all if nothing changed."""

import gzip

import brotli
import pytest

from support.site import signed_in

BROWSER = "gzip, deflate, br, zstd"
UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}


def ask(visitor, path, encoding, method="GET", **headers):
    return visitor.open(path, method, headers={"Accept-Encoding": encoding} | headers)


@pytest.mark.parametrize(
    ("wish", "encoding"),
    [
        (BROWSER, "br"),
        ("br", "br"),
        ("gzip", "gzip"),
        ("gzip;q=0.5, br;q=0.1", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("identity", None),
        ("", None),
        ("deflate", None),
        ("*;q=0", None),
        ("x" * 5000, None),
        ("br;q=nonsense", None),
    ],
)
def test_page_comes_as_the_browser_wishes(visitor, wish, encoding):
    for path in ("/", "/nothing"):
        answer = ask(visitor, path, wish)
        assert answer.headers.get("Content-Encoding") == encoding
        assert "Accept-Encoding" in answer.vary
        assert UNPACK[encoding](answer.data) == visitor.open(path).data
        assert int(answer.headers["Content-Length"]) == len(answer.data)


def test_page_about_a_number_is_compressed_also_when_it_comes_from_the_kept_ones(visitor, dossier):
    for path in (f"/t/{dossier.number}", f"/t/{dossier.number}/sheet", f"/t/{dossier.number}/qr.svg", "/t/ABC"):
        for _ in range(2):
            answer = ask(visitor, path, BROWSER)
            assert answer.headers["Content-Encoding"] == "br" and answer.headers["Cache-Control"] == "no-store"
            assert brotli.decompress(answer.data) == visitor.open(path).data


def test_page_with_the_token_of_a_session_is_not_compressed(app, visitor, clerk):
    for browser, path in ((visitor, "/sign-in"), (signed_in(app, clerk), "/desk")):
        answer = ask(browser, path, BROWSER)
        assert b"csrf_token" in answer.data and "Content-Encoding" not in answer.headers


def test_short_answer_and_one_that_is_compressed_by_nature_stay_as_they_are(visitor, dossier):
    for path in ("/healthz", f"/t/{dossier.number}/sheet.pdf", "/procedures/rent-subsidy/forms/application"):
        assert "Content-Encoding" not in ask(visitor, path, BROWSER).headers


def test_head_says_what_there_is_without_compressing_it(visitor):
    answer = ask(visitor, "/", BROWSER, "HEAD")
    assert answer.status_code == 200 and answer.data == b"" and "Content-Encoding" not in answer.headers
    assert answer.headers["ETag"] == ask(visitor, "/", BROWSER).headers["ETag"]


@pytest.mark.parametrize(
    "path", ["/", "/procedures?q=house", "/procedures/rent-subsidy", "/t", "/manifest.webmanifest"]
)
def test_page_that_has_not_changed_is_not_sent_again_in_any_encoding(visitor, path):
    tags = {ask(visitor, path, encoding).headers["ETag"] for encoding in ("br", "gzip", "identity")}
    tag = tags.pop()
    assert not tags and tag.startswith('W/"')
    again = ask(visitor, path, BROWSER, **{"If-None-Match": tag})
    assert again.status_code == 304 and again.data == b"" and "Content-Encoding" not in again.headers
    assert "Accept-Encoding" in again.vary and "Content-Security-Policy" in again.headers


def test_part_another_language_and_another_search_are_not_the_same_page(app, visitor):
    tag = visitor.open("/procedures").headers["ETag"]
    for wish in ({"HX-Request": "true"}, {"Accept-Language": "fr"}):
        assert visitor.open("/procedures", headers={"If-None-Match": tag} | wish).status_code == 200
    assert visitor.open("/procedures?q=house", headers={"If-None-Match": tag}).status_code == 200


def test_answer_that_is_kept_nowhere_has_no_tag(visitor):
    for path in ("/sign-in", "/track/rent-subsidy/application"):
        assert "ETag" not in visitor.open(path).headers


def test_only_a_page_that_was_found_is_told_to_be_the_same(visitor):
    assert "ETag" not in visitor.open("/nothing").headers
    assert "ETag" not in visitor.open("/t", "POST", data={"number": ""}).headers
