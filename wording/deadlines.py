"""The legal clock in plain words: the deadline and the steps that lead to it, "as a rule", never as a promise."""

import datetime as dt
from typing import NamedTuple

from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from models.base import local_day
from models.deadlines.clock import (
    Counted,
    HandedOver,
    Reading,
    Restarted,
    Rolled,
    Rule,
    Started,
    Step,
    Stopped,
    Suspended,
    Unit,
    Waiting,
    rolled,
)
from models.deadlines.workdays import holiday
from models.dossiers.history import History
from web.languages import current


class Due(NamedTuple):
    """A date by which somebody must act, or why there is none, with the steps that lead there."""

    title: str
    text: str
    steps: list[str] = []
    source: str = ""
    date: dt.date | None = None
    kind: str = ""  # of its entry in a calendar: limit or yours


def before_arrival(rule: Rule) -> Due:
    """How long the period is, before anything has arrived."""
    length = _length(rule.length, rule.unit)
    text = _("As a rule at most %(length)s from the arrival of your papers", length=length)
    if rule.start == "completeness":
        text = _("As a rule at most %(length)s from the day when all documents are there", length=length)
    return Due(_("How long it takes"), text, source=rule.source[current()])


def deadline(reading: Reading, on: dt.date) -> Due:
    """The deadline of the authority, for the citizen, on the day `on`."""
    return Due(
        _("When the authority answers"),
        _stopped(reading) if reading.stopped else _until(reading, on),
        steps(reading),
        reading.rule.source[current()],
        reading.deadline,
        "limit",
    )


def yours(history: History, on: dt.date) -> list[Due]:
    """The deadline of the citizen for the documents asked for last, if a day was set; on the day `on`."""
    return [due._replace(text=_late(due, on)) for due in _answer(_("By when"), history)]


def theirs(history: History) -> list[Due]:
    """The same date in the words of the desk."""
    return _answer(_("The citizen’s last day"), history)


def _answer(title: str, history: History) -> list[Due]:
    request = history.last("incomplete")
    if request is None or not request.until_set or not request.until:
        return []
    asked = _(
        "The authority asked for the documents on %(day)s and set a date: %(until)s.",
        day=day(local_day(request.at)),
        until=day(request.until_set),
    )
    moved = [_step(step) for step in rolled(request.until_set)]
    return [Due(title, day(request.until), [asked, *moved], date=request.until, kind="yours")]


def _late(due: Due, on: dt.date) -> str:
    if due.date and due.date < on:
        return _(
            "%(text)s. That day has passed: please ask the authority whether you can still send them.", text=due.text
        )
    return due.text


def for_desk(reading: Reading, on: dt.date) -> list[Due]:
    """The clock on the day `on`, for the desk."""
    source = reading.rule.source[current()]
    spent = Due(_("Days used"), _("%(used)s of %(total)s", used=reading.used(on), total=reading.total))
    if reading.stopped:
        return [Due(_("Clock"), _stands(reading), steps(reading), source), spent]
    last = Due(_("Last day as a rule"), _near(reading, on), steps(reading), source, reading.deadline)
    target = [Due(_("Internal target"), day(reading.target))] if reading.target != reading.deadline else []
    return [last, *target, spent]


def steps(reading: Reading) -> list[str]:
    """Each step of `reading` in a sentence, in the order in which they lead to its date."""
    return [_step(step) for step in reading.steps]


def day(date: dt.date | None) -> str:
    """A date as people say it, in their language; empty if there is none."""
    return format_date(date, "long") if date else ""


def _until(reading: Reading, on: dt.date) -> str:
    text = _("As a rule at most until %(day)s", day=day(reading.deadline))
    if reading.ended is None and reading.deadline and reading.deadline < on:
        return _("%(text)s. That day has passed: you may ask the authority.", text=text)
    return text


def _near(reading: Reading, on: dt.date) -> str:
    last = day(reading.deadline)
    if reading.ended or reading.deadline is None:
        return last
    days = (reading.deadline - on).days
    if days < 0:
        return ngettext("%(day)s, %(num)d day overdue", "%(day)s, %(num)d days overdue", -days, day=last)
    if days == 0:
        return _("%(day)s, today", day=last)
    return ngettext("%(day)s, in %(num)d day", "%(day)s, in %(num)d days", days, day=last)


def _stopped(reading: Reading) -> str:
    if not reading.started:
        return _stands(reading)
    then = _("It goes on when your documents arrive.")
    if reading.rule.missing == "restart":
        then = _("It starts anew when your documents arrive.")
    return f"{_stands(reading)} {then}"


def _stands(reading: Reading) -> str:
    if not reading.started or reading.stopped is None:
        return _("The period begins when all documents are there.")
    return _(
        "The clock has been stopped since %(day)s: %(used)s of %(total)s days are used.",
        day=day(reading.stopped),
        used=reading.used(reading.stopped),
        total=reading.total,
    )


def _step(step: Step) -> str:
    match step:
        case Started():
            return _started(step)
        case Waiting(since):
            asked = _("The authority asked for documents on %(day)s.", day=day(since))
            then = _("The period begins when all documents are there.")
            return f"{asked} {then}"
        case Restarted():
            return _restarted(step)
        case Counted(length, unit, end):
            return _(
                "%(length)s from then, weekends and holidays included, end on %(day)s.",
                length=_length(length, unit),
                day=day(end),
            )
        case Suspended():
            return _suspended(step)
        case HandedOver(on):
            return _("Another authority took over on %(day)s. The period did not begin anew.", day=day(on))
        case Stopped(since, used, total):
            return _(
                "The authority asked for documents on %(day)s, when %(used)s of %(total)s days were used. "
                "While it waits, no day is counted.",
                day=day(since),
                used=used,
                total=total,
            )
        case Rolled(days, end):
            return _(
                "The end moves to the next working day, %(day)s. Not a working day: %(days)s.",
                day=format_date(end, "full"),
                days="; ".join(map(_free_day, days)),
            )


def _started(step: Started) -> str:
    if step.start == "completeness":
        return _("All documents were there on %(day)s. This day itself is not counted.", day=day(step.on))
    return _("The papers arrived on %(day)s. This day itself is not counted.", day=day(step.on))


def _restarted(step: Restarted) -> str:
    if step.cause == "transferred":
        return _("Another authority took over on %(day)s: the period began anew.", day=day(step.on))
    return _("The missing documents arrived on %(day)s: the period began anew.", day=day(step.on))


def _suspended(step: Suspended) -> str:
    if not step.days:
        return _("Documents were asked for on %(day)s and arrived the same day: no day is added.", day=day(step.since))
    return ngettext(
        "From %(since)s to %(until)s the authority waited for documents. This %(num)d day is added: %(day)s.",
        "From %(since)s to %(until)s the authority waited for documents. These %(num)d days are added: %(day)s.",
        step.days,
        since=day(step.since),
        until=day(step.until),
        day=day(step.end),
    )


def _free_day(date: dt.date) -> str:
    name = holiday(date, current())
    return f"{format_date(date, 'full')} ({name})" if name else format_date(date, "full")


def _length(length: int, unit: Unit) -> str:
    return {
        "days": ngettext("%(num)d day", "%(num)d days", length),
        "weeks": ngettext("%(num)d week", "%(num)d weeks", length),
        "months": ngettext("%(num)d month", "%(num)d months", length),
    }[unit]
