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
