"""Set the headers of special responses: private pages, pages with the camera, a mail preview, a PDF."""

from flask import Response

from web.security_headers import DOCUMENT_HEADERS, LETTER_POLICY, READING_POLICY


def private(response: Response) -> Response:
    """Mark a page about a dossier: no cache and no search engine may keep it."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def camera(response: Response) -> Response:
    """Allow this page the camera, and WebAssembly to read QR codes in browsers without a reader of their own."""
    response.headers["Permissions-Policy"] = DOCUMENT_HEADERS["Permissions-Policy"].replace(
        "camera=()", "camera=(self)"
    )
    response.headers["Content-Security-Policy"] = READING_POLICY
    return response


def letter(response: Response) -> Response:
    """Show a mail as a mail program does: its inline styles are allowed; scripts, forms and remote content are not."""
    response.headers["Content-Security-Policy"] = LETTER_POLICY
    return response


def pdf(data: bytes, name: str) -> Response:
    """A PDF that opens in the browser; `name` is the file name to save it under."""
    response = Response(data, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response
