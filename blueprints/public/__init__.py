"""Pages for everybody. No module of this folder knows who is signed in."""

from blueprints.public import (
    captcha,
    contacts,
    envelopes,
    home,
    information,
    prints,
    procedures,
    push,
    pwa,
    receipts,
    status,
    tracking,
)

MODULES = (
    *(home, information, procedures, captcha, tracking, status, prints),
    *(envelopes, receipts, contacts, pwa, push),
)

EXEMPT_FROM_CSRF = (
    captcha.bp,  # gives out challenges, changes nothing
    tracking.check,  # whoever solves the CAPTCHA gets a pass, and only for the own session
    # The number is the key to these, and no session has any part in them: their pages need no cookie.
    status.look_up,
    status.report_posted,
    status.correct_address,
    push.tell,
    envelopes.create,
    receipts.check,
    push.renew,  # the old subscription is the key, and no other site knows it
    contacts.stop,  # a mail program has no session; the link is the key, and it can only stop
    pwa.code,  # draws what it is given
)

# Query parameters that stay when the visitor changes the language; a number that was typed does not.
KEPT_FILTERS = {"procedures": ("q", "audience", "topic", "event"), "tracking": ("code",)}

# What stands below the first part of the path is unknown: pages that help to correct it.
HELP_PAGES = {"t": status.not_found, "e": envelopes.not_found, "r": receipts.unknown}
