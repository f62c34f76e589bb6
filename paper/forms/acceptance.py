"""The one door through which a PDF of an authority enters the catalogue."""

from paper.forms.form import AcceptedForm, examine


def accept(data: bytes) -> AcceptedForm:
    """Prepare a form for being handed out with a number. Raises FormRefusedError with the reason and the page."""
    return examine(data)
