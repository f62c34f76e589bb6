"""The contacts of a dossier, and their page behind the signed link."""

from models import Contact, Dossier
from support.visitor import Page, Visitor, values

MAIL, SMS = ("email", "somebody@example.org"), ("sms", "+352621123456")


def link(app, dossier: Dossier, channel: str = "email") -> str:
    with app.app_context():
        return f"/c/{contact(dossier, channel).token}"


def contact(dossier: Dossier, channel: str = "email") -> Contact | None:
    return dossier.contacts.where(Contact.channel == channel).order_by(Contact.id).first()


def press(visitor: Visitor, path: str, action: str, status: int = 200) -> Page:
    """Open the page and press one of its buttons."""
    return visitor.post(path, status, data=values(visitor.get(path).form("/c/")) | {"action": action})
