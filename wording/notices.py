"""The mails to the staff about their own accounts (templates/accounts/_notice.txt).

In all languages: an account has none of its own, and a thief could choose that of a session.
"""

from flask import render_template
from flask_babel import force_locale, format_date, format_time
from flask_babel import gettext as _

from models.base import LUXEMBOURG
from models.catalogue.procedure import LANGUAGES, LOCALES
from models.notifications.letter import Letter
from models.staff.notice import Notice
from web.links import link_to

RULE = "\n" + "-" * 60 + "\n\n"


def write(notice: Notice, email: str) -> Letter:
    """The mail of `notice` to the account with this e-mail address. It holds no secret."""
    subjects, parts = [], []
    for language in LANGUAGES:
        with force_locale(LOCALES[language]):
            subjects.append(_("your account"))
            parts.append(_part(notice, email))
    subject = f"eTracking: {' / '.join(dict.fromkeys(subjects))}"
    return Letter(reference=notice.reference, to=email, subject=subject, text=RULE.join(parts))


def _part(notice: Notice, email: str) -> str:
    """What it says in the present language."""
    local = notice.at.astimezone(LUXEMBOURG)
    words = {
        "email": email,
        "what": _happened(notice.kind),
        "moment": f"{format_date(local, 'long')}, {format_time(local, 'short', rebase=False)}",
        "how": _("by a command on the server") if notice.browser is None else notice.browser or _("an unknown browser"),
        "of_others": notice.kind.startswith("second"),
        "url": link_to("sign_in.show"),
    }
    return render_template("accounts/_notice.txt", **words).strip() + "\n"


def _happened(kind: str) -> str:
    return {
        "password": _("The password of your account was changed."),
        "passkey added": _("A passkey was added to your account."),
        "passkey removed": _("A passkey of your account was removed."),
        "app added": _("An authenticator app was set up for your account."),
        "app removed": _("The authenticator app of your account was removed."),
        "codes renewed": _("New recovery codes were made for your account; those from before count no more."),
        "code used": _("One of your recovery codes was used to open your account."),
        "reset": _("Your account was reset: password, passkeys, app and recovery codes are forgotten."),
        "closed": _("Your account was closed."),
        "opened": _("Your account was opened again."),
        "second asked": _(
            "An administrator has asked for a change of an administrator’s account. A second one must confirm it."
        ),
        "second confirmed": _(
            "A change of an administrator’s account was confirmed by a second administrator and carried out."
        ),
        "second refused": _("A change of an administrator’s account was refused or taken back. Nothing was changed."),
    }[kind]
