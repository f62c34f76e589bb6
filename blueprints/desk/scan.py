"""Find a dossier by scanner or keyboard."""

from flask import Response, g, request, url_for

from blueprints.accounts.guard import needs
from blueprints.desk.blueprint import bp
from models.dossiers.number import scanned
from web import htmx


@bp.get("/scan")
@needs("look")
def scan() -> Response:
    """Redirect to the dossier of a number, in any spelling, or of the URL in a QR code; 404 page if unknown."""
    typed = request.args.get("number", "")[:300]
    read = scanned(typed)
    number = read.numbers[0] if read else None
    if number is None or g.scope.dossier(number) is None:
        return htmx.page("desk/unknown.html", 404, typed=typed, number=number)
    return htmx.goto(url_for(".show", number=number))
