"""Security headers of every response (CSP, HSTS and others), Cache-Control, and the redirect to HTTPS."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from web import compression, htmx, languages

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
READING_POLICY = POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
LETTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # no-referrer would break every form on HTTPS
    "Cross-Origin-Resource-Policy": "same-origin",
}
DOCUMENT_HEADERS = {  # headers that only have a meaning for an HTML page
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# Fewer headers for static files: a file loads nothing itself, and every byte slows a first visit down.
STATIC_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
VARY = {"Vary": ", ".join((*htmx.VARY, *languages.VARY, *compression.VARY))}


def of_static_files(config: Mapping[str, Any]) -> dict[str, str]:
    """The headers of every static file."""
    return STATIC_HEADERS | (HSTS if config["SESSION_COOKIE_SECURE"] else {})


def init_app(app: Flask, plain_http: tuple[str, ...] = (), programs: tuple[str, ...] = ()) -> None:
    """Set the headers on every response, errors included. Paths in `plain_http` are not redirected to HTTPS.

    Those that begin with one of `programs` are refused instead: a program that was redirected would go on sending its
    token in the clear, unnoticed (OWASP ASVS 5.0, 4.1.2).
    """
    secure = app.config["SESSION_COOKIE_SECURE"]
    fixed = VARY | HEADERS | (HSTS if secure else {})
    page = fixed | DOCUMENT_HEADERS

    @app.before_request
    def to_https() -> BaseResponse | None:
        """Redirect to HTTPS if this came by plain HTTP."""
        if secure and request.scheme == "http" and request.path not in plain_http:
            if request.path.startswith(programs):
                abort(403, "Use https. What was sent in the clear may have been read: ask for a new token.")
            site = urlsplit(app.config["SITE_URL"])
            return redirect(urlsplit(request.url)._replace(scheme="https", netloc=site.netloc).geturl(), 308)
        return None

    @app.after_request
    def add(response: Response) -> Response:
        given = {name.lower() for name, _value in response.headers}  # setdefault() would scan all for each header
        for name, value in (page if response.mimetype == "text/html" else fixed).items():
            if name.lower() not in given:
                response.headers.add(name, value)
        if "Cache-Control" not in response.headers:
            personal = "csrf_token" in g  # the page has a form that is bound to a session
            response.headers["Cache-Control"] = "no-store" if personal else "no-cache"
        return response
