"""Check the audit log once a day, and send a digest of it to a second place. Called by the worker."""

import logging
from collections.abc import Callable

from flask import current_app

import senders
from models import Audit, db
from models.notifications.letter import Letter
from models.staff import digest
from models.staff.digest import AuditWatch, Digest
from senders import webhook
from senders.base import SendError, place

log = logging.getLogger("etracking.audit")

TEXT = """This is the digest of today of the audit log of {site}.

Keep it where nobody can change it who can change the log. With it the site can prove, or you can prove to the site,
that no row was cut off and none was written anew since:

    flask --app app audit verify --digest FILE

{digest}
"""


def keep() -> None:
    """Check the chain, then send the digests that are due. No database connection stays open during a request."""
    with db.connection_context():
        if AuditWatch.claim("chain"):
            bad, _last = Audit.verify()
            AuditWatch.done("chain", bad)
    for name in sorted(digest.places(current_app.config)):
        with db.connection_context():
            made = digest.make(current_app.config["SITE_URL"]) if AuditWatch.claim(name) else None
        if made and _sent(SENDERS[name], made, name):
            with db.connection_context():
                AuditWatch.done(name)


def _sent(send: Callable[[Digest], None], made: Digest, name: str) -> bool:
    try:
        send(made)
    except SendError as error:
        log.error("no digest of the audit log sent by %s: %s", name, error)
        return False
    except Exception as error:  # tried again in a quarter of an hour
        log.error("no digest of the audit log sent by %s: unexpected %s", name, place(error))
        return False
    log.info("digest of the audit log sent by %s: %d rows", name, made.rows)
    return True


def _by_mail(made: Digest) -> None:
    text = TEXT.format(site=made.site, digest=made.text())
    reference = f"{made.date.replace('-', '')}{made.rows}"  # as a notification: figures; but of none, without a dot
    to, subject = current_app.config["AUDIT_DIGEST_EMAIL"], f"Audit log of {made.date}"
    senders.send("email", Letter(reference=reference, to=to, text=text, subject=subject))


def _by_hook(made: Digest) -> None:
    body = made.text().encode()
    webhook.post(current_app.config["AUDIT_DIGEST_URL"], body, {"Content-Type": "application/json"}, private=True)


SENDERS = {"email": _by_mail, "hook": _by_hook}
