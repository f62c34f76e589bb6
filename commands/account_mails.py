"""Send the mails to the staff about their own accounts. Called by the worker."""

import logging

import senders
from models import Notice, Outcome, Staff, db
from models.notifications.letter import Letter
from models.staff.notice import MAX_UNKNOWN
from senders.base import SendError, place
from wording import notices

log = logging.getLogger("etracking.accounts")


def send_next() -> bool:
    """Send one mail that is due; False if none is. No database connection stays open while it is handed over."""
    with db.connection_context():
        notice = Notice.claim()
        letter = _letter(notice) if notice else None
    if notice is None:
        return False
    outcome = _send(letter) if letter else Outcome.UNWRITTEN
    with db.connection_context():
        _record(notice, outcome)
    log.info("account mail %d %s: %s", notice.id, notice.kind, outcome)
    return True


def _letter(notice: Notice) -> Letter | None:
    try:
        return notices.write(notice, Staff.get_by_id(notice.staff_id).email)
    except Exception as error:  # a bug or a bad template: it is tried again, and others go on leaving
        log.error("account mail %d could not be written: %s", notice.id, place(error))
        return None


def _send(letter: Letter) -> Outcome:
    try:
        senders.send("email", letter)
    except SendError as error:
        return error.outcome
    except Exception as error:
        log.error("account mail: unexpected %s", place(error))
        return Outcome.UNKNOWN
    return Outcome.SENT


def _record(notice: Notice, outcome: Outcome) -> None:
    repeated = outcome is Outcome.UNKNOWN and notice.attempts > MAX_UNKNOWN
    if outcome is Outcome.SENT:
        notice.finish()
    elif outcome is Outcome.NEVER or repeated or notice.exhausted:
        log.error("account mail %d given up: %s", notice.id, outcome)
        notice.finish()
    else:
        notice.retry()
