"""Public pages. No module in this folder may depend on a staff session."""

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
    captcha.bp,  # only gives out challenges
    tracking.check,  # needs a solved CAPTCHA, and changes only the visitor's own session
    # These need the number and no session, so their pages work without a cookie.
    status.look_up,
    status.pay,  # and a solved CAPTCHA
    status.report_posted,
    status.correct_address,
    push.tell,
    envelopes.create,
    receipts.check,
    push.renew,  # needs the old subscription, which no other site knows
    contacts.stop,  # needs the signed link, and can only stop notifications; mail programs have no session
    pwa.code,  # only draws what it is sent
)

# Query parameters that stay when the visitor changes the language; a typed number must not.
KEPT_FILTERS = {"procedures": (*procedures.FILTERS, "page"), "tracking": ("code",)}

# 404 pages that help to correct a number, by the first part of the path.
HELP_PAGES = {"t": status.not_found, "e": envelopes.not_found, "r": receipts.unknown}
