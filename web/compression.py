"""Compress responses by brotli or gzip; answer 304 if the browser still has the page."""

import gzip
from functools import lru_cache

import brotli
from flask import Flask, Response, g, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

VARY = ("Accept-Encoding",)
ENCODINGS = ["br", "gzip"]  # the better one first
COMPRESSIBLE_TYPES = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
MIN_SIZE = 500  # bytes; less fits into one packet anyway


def init_app(app: Flask) -> None:
    """Compress each response last: Flask calls after_request handlers in reverse, so this is registered first."""

    @app.after_request
    def compress_response(response: Response) -> Response:
        if response.is_streamed or response.direct_passthrough:
            return response
        if _may_be_kept(response):
            response.add_etag(weak=True)  # a strong one would have to differ between the encodings
            response.make_conditional(request)
        encoding = best_encoding(request.headers.get("Accept-Encoding", ""))
        if encoding and _may_be_compressed(response):
            response.data = _compressed(response.get_data(), encoding)
            response.headers["Content-Encoding"] = encoding
        return response


def _may_be_kept(response: Response) -> bool:
    """True for a page that a browser may keep and ask about with If-None-Match."""
    if "ETag" in response.headers or response.status_code != 200 or request.method not in ("GET", "HEAD"):
        return False
    return not response.cache_control.no_store


def _may_be_compressed(response: Response) -> bool:
    """True unless the page holds the CSRF token of a session, or compressing gains nothing.

    Whoever can make the browser ask for it with a guess in the address, and sees how long the answer is, could read
    the token letter by letter: a right guess compresses better than a wrong one (BREACH).
    """
    if "csrf_token" in g or request.method == "HEAD" or response.status_code == 304:
        return False
    if "Content-Encoding" in response.headers or not (response.mimetype or "").startswith(COMPRESSIBLE_TYPES):
        return False
    return len(response.get_data()) >= MIN_SIZE


@lru_cache(maxsize=256)  # browsers say the same few words
def best_encoding(accepted: str) -> str | None:
    """The encoding to use for a browser that says this in Accept-Encoding."""
    return parse_accept_header(accepted[:200], Accept).best_match(ENCODINGS)


@lru_cache(maxsize=1024)  # the pages asked for again and again are the same bytes: compressed once, 10 MB at most
def _compressed(body: bytes, encoding: str) -> bytes:
    return brotli.compress(body, quality=5) if encoding == "br" else gzip.compress(body, 6, mtime=0)
