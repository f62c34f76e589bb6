"""Finishing touches to a response: private, with the camera, a mail to look at, a PDF."""

from flask import Response

from web.security_headers import DOCUMENT, LETTER_POLICY, READING_POLICY


def private(response: Response) -> Response:
    """Mark an answer about a dossier: kept nowhere, found by no search engine."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def camera(response: Response) -> Response:
    """Let this page look through the camera, and read codes by WebAssembly where the browser cannot by itself."""
    response.headers["Permissions-Policy"] = DOCUMENT["Permissions-Policy"].replace("camera=()", "camera=(self)")
    response.headers["Content-Security-Policy"] = READING_POLICY
    return response


def letter(response: Response) -> Response:
    """A mail, as a mail program shows it: with its own styles, without scripts, forms or anything from elsewhere."""
    response.headers["Content-Security-Policy"] = LETTER_POLICY
    return response


def pdf(data: bytes, name: str) -> Response:
    """A PDF to look at in the browser, with a name to save it under."""
    response = Response(data, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response
