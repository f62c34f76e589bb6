"""Find a dossier by scanner or keyboard."""

from flask import Response, g, request, url_for

from blueprints.accounts.guard import needs
from blueprints.desk.blueprint import bp
from models.dossiers.codes import existing
from web import htmx

MAX_SHOWN = 300  # characters of what was typed


@bp.get("/scan")
@needs("look")
def scan() -> Response:
    """Redirect to the dossier of a number, in any spelling, or of the URL in a QR code; 404 page if unknown."""
    typed = request.args.get("number", "")
    found = existing(typed, lambda number: g.scope.dossier(number) is not None)
    several = len(found) > 1 and not found[0].doubtful
    numbers = found[0].numbers if found and not several else ()
    if len(numbers) > 1 and (own := [dossier for number in numbers if (dossier := g.scope.dossier(number))]):
        return htmx.page("desk/envelope.html", dossiers=own)
    number = numbers[0] if numbers else None
    if number is None or g.scope.dossier(number) is None:
        return htmx.page("desk/unknown.html", 404, typed=typed[:MAX_SHOWN], number=number, several=several)
    return htmx.goto(url_for(".show", number=number))
