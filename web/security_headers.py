"""What every answer says to the browser: nothing inline, nothing from elsewhere, nothing kept that is private."""

from flask import Flask, Response, g, redirect, request
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
DOCUMENT = {  # say something to a page only
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# A file is no page: it opens nothing, and every byte of it is on somebody's first visit.
STATIC = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
VARY = {"Vary": ", ".join((*htmx.VARY, *languages.VARY, *compression.VARY))}


def init_app(app: Flask, plain_http: tuple[str, ...] = ()) -> None:
    """Set the headers on every answer, errors included. Paths in `plain_http` are not sent on to HTTPS."""
    fixed = VARY | HEADERS | (HSTS if app.config["SESSION_COOKIE_SECURE"] else {})

    page = fixed | DOCUMENT
    behind_tls = app.config["SESSION_COOKIE_SECURE"] and app.config["PROXY_HOPS"]

    @app.before_request
    def to_https() -> BaseResponse | None:
        """Redirect a visitor of whom our proxy says that they came by plain HTTP."""
        if behind_tls and request.scheme == "http" and request.path not in plain_http:
            return redirect(request.url.replace("http:", "https:", 1), 308)
        return None

    @app.after_request
    def add(response: Response) -> Response:
        given = {name.lower() for name, _value in response.headers}  # setdefault() would search for each one anew
        for name, value in (page if response.mimetype == "text/html" else fixed).items():
            if name.lower() not in given:
                response.headers.add(name, value)
        if "Cache-Control" not in response.headers:
            personal = "csrf_token" in g  # a form of somebody's session is on it
            response.headers["Cache-Control"] = "no-store" if personal else "no-cache"
        return response
