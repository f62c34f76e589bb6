"""Compress responses with brotli or gzip; answer 304 if the browser still has the page (ETag)."""

import gzip
from functools import lru_cache

import brotli
from flask import Flask, Response, g, request
from werkzeug.datastructures import Accept
from werkzeug.http import generate_etag, parse_accept_header

VARY = ("Accept-Encoding",)
ENCODINGS = ["br", "gzip"]  # the better one first
COMPRESSIBLE_TYPES = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
MIN_SIZE = 500  # bytes; a smaller answer fits into one packet anyway


class Page:
    """A page that is kept: its body, its tag, and its compressed forms as they are asked for."""

    def __init__(self, body: bytes) -> None:
        self.body, self.etag = body, generate_etag(body)
        self.weight = 2 * len(body)  # bytes; brotli and gzip together take less than the body
        self._compressed: dict[str, bytes] = {}

    def compressed(self, encoding: str) -> bytes:
        """The body in this encoding."""
        if encoding not in self._compressed:
            self._compressed[encoding] = compress(self.body, encoding)
        return self._compressed[encoding]


def init_app(app: Flask) -> None:
    """Compress each response last: Flask calls after_request handlers in reverse, so this is registered first."""

    @app.after_request
    def compress_response(response: Response) -> Response:
        if response.is_streamed or response.direct_passthrough:
            return response
        page: Page | None = g.pop("page", None)
        if _is_cacheable(response):
            tag = page.etag if page else generate_etag(response.get_data())
            response.set_etag(tag, weak=True)  # a strong ETag would have to differ between the encodings
            response.make_conditional(request)
        encoding = best_encoding(request.headers.get("Accept-Encoding", ""))
        if encoding and _is_compressible(response):
            response.data = page.compressed(encoding) if page else compress(response.get_data(), encoding)
            response.headers["Content-Encoding"] = encoding
        return response


def _is_cacheable(response: Response) -> bool:
    """True for a page that a browser may cache and revalidate with If-None-Match."""
    if "ETag" in response.headers or response.status_code != 200 or request.method not in ("GET", "HEAD"):
        return False
    return not response.cache_control.no_store


def _is_compressible(response: Response) -> bool:
    """True unless the page holds a CSRF token (BREACH attack), or compression gains nothing.

    BREACH: an attacker makes the browser request the page with a guess in the URL and sees the length of the answer.
    A right guess compresses better, so the token could be read letter by letter.
    """
    if "csrf_token" in g or request.method == "HEAD" or response.status_code == 304:
        return False
    if "Content-Encoding" in response.headers or not (response.mimetype or "").startswith(COMPRESSIBLE_TYPES):
        return False
    return len(response.get_data()) >= MIN_SIZE


@lru_cache(maxsize=256)  # browsers send only a few different values
def best_encoding(accepted: str) -> str | None:
    """The best encoding for this Accept-Encoding header; None if it accepts neither."""
    return parse_accept_header(accepted[:200], Accept).best_match(ENCODINGS)


def compress(body: bytes, encoding: str) -> bytes:
    """`body` in one of ENCODINGS."""
    return brotli.compress(body, quality=5) if encoding == "br" else gzip.compress(body, 6, mtime=0)
