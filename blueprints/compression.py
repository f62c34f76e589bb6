"""Pages by brotli or gzip, and not at all if the browser still has them."""

import gzip
from functools import lru_cache

import brotli
from flask import Flask, Response, g, request

VARY = ("Accept-Encoding",)
ENCODINGS = ["br", "gzip"]  # the better one first
TYPES = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
LEAST = 500  # bytes; less fits into the packet anyway


def init_app(app: Flask) -> None:
    """Look at each answer last: Flask asks in the opposite order, so this comes before what sets headers."""

    @app.after_request
    def shorten(response: Response) -> Response:
        if response.is_streamed or response.direct_passthrough:
            return response
        if request.method in ("GET", "HEAD") and response.status_code == 200 and _may_be_kept(response):
            response.add_etag(weak=True)  # a strong one would have to differ between the encodings
            response.make_conditional(request)
        encoding = _encoding(response)
        if encoding:
            response.data = _compressed(response.get_data(), encoding)
            response.headers["Content-Encoding"] = encoding
        return response


def _may_be_kept(response: Response) -> bool:
    return not response.cache_control.no_store and "ETag" not in response.headers


def _encoding(response: Response) -> str | None:
    """How to compress this answer, if at all.

    A page with the token of a session stays as it is. Whoever can make the browser ask for it with a guess in the
    address, and sees how long the answer is, could read the token letter by letter: a right guess compresses (BREACH).
    """
    if request.method == "HEAD" or response.status_code == 304 or "csrf_token" in g:
        return None
    if "Content-Encoding" in response.headers or not response.mimetype.startswith(TYPES):
        return None
    if len(response.get_data()) < LEAST:
        return None
    return request.accept_encodings.best_match(ENCODINGS)


@lru_cache(maxsize=1024)  # the pages asked for again and again are the same bytes: compressed once, 10 MB at most
def _compressed(body: bytes, encoding: str) -> bytes:
    return brotli.compress(body, quality=5) if encoding == "br" else gzip.compress(body, 6, mtime=0)
