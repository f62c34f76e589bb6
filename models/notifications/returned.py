"""What is done with a mail that came back: its notification has failed, nothing, or a person has to read it."""

from models.base import db
from models.notifications import verdicts
from models.notifications.kept_mail import KeptMail
from models.notifications.notification import Notification
from models.notifications.outcome import Outcome
from models.notifications.returned_mail import Kind, ReturnedMail
from models.staff.audit import Audit
from models.staff.staff import Staff


def take(mail: ReturnedMail) -> Kind:
    """Record what a mail says; keep it for a person if that is unclear. Returns what was done.

    A failure whose token names nothing (any more) is forgotten: the token was invented, or its contact has been
    erased. Raises TooManyMailsError.
    """
    if mail.kind is Kind.HARMLESS:
        return Kind.HARMLESS
    if mail.bounce:
        return Kind.FAILED if verdicts.record_bounce(*mail.bounce) else Kind.HARMLESS
    KeptMail.keep(mail.raw, mail.shown, Notification.of_return_path(mail.tokens))
    return Kind.UNCLEAR


def finish(kept: KeptMail, by: Staff, failed: bool) -> None:
    """Erase a mail that a person has read; with `failed`, it says that its message has failed."""
    with db.atomic():
        notification = kept.notification
        dossier = notification.event.dossier_id if notification else None
        Audit.record(by, "mail read", dossier, failed=failed or None)
        if failed and notification:
            verdicts.record_bounce([notification.return_token], "5.0.0", Outcome.NEVER)
        kept.finish()
