"""The words of the audit log. An act without words here is shown as it was written."""

from typing import Any

from flask_babel import gettext as _

from models.dossiers.kinds import BY_STAFF
from wording import kinds


def deed(action: str) -> str:
    """The name of an act."""
    return deeds().get(action, action)


def deeds() -> dict[str, str]:
    """Every act that has words, as an administrator would name it."""
    return {kind: kinds.deed(kind) for kind in BY_STAFF if kind in kinds.WORDS} | {
        "assigned": _("Assigned"),
        "note": _("Internal note written"),
        "export": _("Table exported"),
        "signed in": _("Signed in"),
        "signed out": _("Signed out"),
        "session ended": _("Another session of the account ended"),
        "password changed": _("Password changed"),
        "passkey added": _("Passkey added"),
        "authenticator added": _("Authenticator app added"),
        "recovery codes renewed": _("Recovery codes renewed"),
        "recovery code used": _("Recovery code used"),
        "factor removed": _("Passkey or app removed"),
        "account added": _("Account added"),
        "account closed": _("Account closed"),
        "account opened": _("Account opened again"),
        "account signed out": _("Account signed out everywhere"),
        "account reset": _("Account reset"),
        "second asked": _("Second administrator asked for"),
        "second confirmed": _("Confirmed as the second administrator"),
        "second refused": _("Refused, or taken back, what takes two administrators"),
        "system added": _("Account of a receiving system added"),
        "system revoked": _("Account of a receiving system revoked"),
        "token added": _("Token of a receiving system added"),
        "token revoked": _("Token of a receiving system revoked"),
        "look_up": _("Looked up by an address"),
        "unmask": _("Address shown"),
        "correct": _("Address corrected"),
        "stop": _("Messages stopped"),
        "erase": _("Address erased"),
        "resend": _("Message sent again"),
        "mail read": _("Mail that came back read, and erased"),
        "backdated": _("Bag of an earlier day"),
        "elsewhere": _("Number of another authority read"),
        "restored": _("Database restored from a copy"),
        "opened": _("Dossier opened"),
        "listed": _("List of all opened"),
        "command": _("Command of an operator"),
        "cut": _("Cut off at its oldest end"),
    }


def details(known: dict[str, Any]) -> str:
    """The details of an act: ids, kinds and counts."""
    return ", ".join(f"{name}: {value}" for name, value in known.items() if value is not None)
