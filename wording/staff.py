"""What staff read about accounts: roles, ways to sign in, kinds of browsers."""

import re

from flask_babel import gettext as _

# The first that is in the User-Agent counts: most browsers also name those that they descend from.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox|FxiOS": "Firefox",
    "Chrome|CriOS": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Macintosh": "Mac",
    "Linux": "Linux",
}


def browser(user_agent: str) -> str:
    """The kind of a browser by its names, as in "Firefox, Windows"; empty for one that says neither."""
    return ", ".join(filter(None, (_first(names, user_agent) for names in (BROWSERS, SYSTEMS))))


def _first(names: dict[str, str], text: str) -> str:
    return next((name for mark, name in names.items() if re.search(mark, text)), "")


def weakness(name: str) -> str:
    """Why a password is easy to guess, and what to do."""
    why = {
        "words": _("This is easy to guess: it is made of words that many people use."),
        "own": _("This is easy to guess: it is made of your own address."),
        "rows": _("This is easy to guess: it is a row of keys, letters or digits."),
        "repeated": _("This is easy to guess: the same comes again and again."),
        "dates": _("This is easy to guess: it is made of dates."),
    }[name]
    return " ".join((why, _("Better are four or five words that have nothing to do with each other.")))


def role(name: str) -> str:
    """The name of a role; its code if it has no name here."""
    return {"clerk": _("Clerk"), "helpdesk": _("Helpdesk"), "admin": _("Administrator")}.get(name, name)


def factor(name: str) -> str:
    """How a session was opened."""
    return {
        "password": _("by password"),
        "passkey": _("by passkey"),
        "totp": _("by password and code"),
        "recovery": _("by recovery code"),
    }[name]
