"""`flask --app app demo`: create sample dossiers in every status, and an account of each role."""

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import click
from flask import current_app
from flask.cli import with_appcontext
from peewee import ModelSelect

from models import Authority, Dossier, Form, Note, Procedure, Staff, db, now, today
from models.base import LUXEMBOURG, as_if
from models.catalogue.procedure import LANGUAGES
from models.deadlines.clock import add
from models.deadlines.workdays import is_working_day, working_days_after
from models.dossiers.kinds import STATUSES, path_to
from models.dossiers.moves import Move
from models.dossiers.number import grouped
from models.staff import accounts, credentials, rights
from models.staff.staff import ROLES

# The steps by which a sample dossier reaches each status: the fewest moves, unless others show more.
PATHS = {status: path_to(status) for status in STATUSES} | {
    "received": ("received",),
    "incomplete": ("received", "incomplete"),
    "examination": ("received", "incomplete", "received", "examination"),
    "decided": ("received", "examination", "decided"),
    "closed": ("received", "incomplete", "received", "examination", "decided", "closed"),
    "lapsed": ("reminder", "lapsed"),
    "withdrawn": ("received", "withdrawn"),
}
# The work list: days until each dossier is due, and the steps each has made (repeated in turn).
DUE_IN_DAYS = (-9, -2, 0, 1, 3, 4, 6, 7, 9, 12, 14, 20, 33, 45)
OPEN_PATHS = (("received",), ("received", "examination"), ("received", "examination"), ("received", "incomplete"))
# Working days from the step before to each step. The post takes three.
STEP_DAYS = {
    "received": 3,
    "incomplete": 4,
    "examination": 2,
    "decided": 12,
    "closed": 6,
    "withdrawn": 5,
    "reminder": 43,
    "lapsed": 22,
}
ANSWER_DAYS = 8  # working days until the citizen answers
NOTE = "Called and asked when it will be decided; will call again on Monday."
CONTACT = ("email", "citizen@example.com")  # example.com is reserved for examples (RFC 2606)
DAY = dt.timedelta(days=1)

Action = tuple[dt.datetime, Callable[[], None]]  # when to do something, and the call that does it


@dataclass
class Sample:
    """The plan of a sample dossier: its steps, and the day on which its number is given out."""

    form: Form
    clerk: Staff
    path: tuple[str, ...]
    announced_on: dt.date
    place: int = 0  # index among the samples of its group; varies the minute of each action
    language: str = "de"
    assignee: Staff | None = None
    note: str = ""
    dossier: Dossier = field(init=False)

    def actions(self) -> list[Action]:
        """All actions up to now: staff act on working days in office hours, citizens in the evening."""
        evening = dt.time(18 + self.place % 4, self.place * 7 % 60)
        actions: list[Action] = [(_moment(self.announced_on, evening), self._announce)]
        for place, (status, day) in enumerate(_days(self.path, self.announced_on)):
            opened = dt.time(8 + (place > 0) * 2 + self.place % 2, self.place * 13 % 60)  # the post comes first
            actions.append((_moment(day, opened), partial(self._move, status)))
            if place == 0 and (self.assignee or self.note):
                actions.append((_moment(day, opened) + dt.timedelta(minutes=40), self._assign))
        return [action for action in actions if action[0] <= now()]

    def _announce(self) -> None:
        self.dossier = Dossier.announce(self.form, self.language, secrets.token_urlsafe(18), [CONTACT])

    def _assign(self) -> None:
        self.dossier.assign(self.assignee, by=self.clerk)
        if self.note:
            Note.write(self.dossier, self.clerk, self.note)

    def _move(self, status: str) -> None:
        if status == "reminder":
            self.dossier.remark(status, today() + 30 * DAY)
            return
        asks = status == "incomplete"
        move = Move(
            status,
            by=None if status == "lapsed" else self.clerk,
            version=self.dossier.version,
            arrived_on=today() if status == "received" else None,
            missing=tuple(self.form.enclosures[:1] or [self.form.title]) if asks else (),
            until=today() + 30 * DAY if asks else None,
        )
        self.dossier.move(move)


@click.command()
@with_appcontext
def demo() -> None:
    """Fill the database with sample dossiers and accounts. For development only."""
    if not current_app.config["INBOX"]:
        raise click.ClickException("the demo is for development: it needs ETRACKING_INBOX=true")
    with db.connection_context():
        form = _form()
        with as_if(now() - 365 * DAY):
            people = [_account(role, form.procedure.authority) for role in ROLES]
            colleague = _account("clerk", form.procedure.authority, "colleague@example.com")[0]
        clerk = people[0][0]
        shown = {status: _example(form, clerk, status, place) for place, status in enumerate(PATHS)}
        _carry_out([*shown.values(), *_work_list(form, clerk, colleague), *_others(form, clerk)])
    _print_access(people, {status: sample.dossier for status, sample in shown.items()})


def _carry_out(samples: list[Sample]) -> None:
    """Do all actions in the order of time, with the clock set to the moment of each."""
    for moment, act in sorted((action for sample in samples for action in sample.actions()), key=lambda pair: pair[0]):
        with as_if(moment):
            act()


def _form() -> Form:
    """The first form with a period, so that its dossiers have a due date; else the first form."""
    forms = list(_tracked_forms())
    if not forms:
        raise click.ClickException("the catalogue is empty: run `flask --app app catalogue load` first")
    return max(forms, key=lambda form: bool(form.period))


def _tracked_forms() -> "ModelSelect[Form]":
    joined = Form.select(Form, Procedure, Authority).join(Procedure).join(Authority)
    return joined.where(Form.tracked & ~Form.retired).order_by(Form.id)


def _example(form: Form, clerk: Staff, status: str, place: int) -> Sample:
    """A dossier that reached `status` within the last days."""
    path = PATHS[status]
    needed = sum(days for _status, days in _waits(path))
    return Sample(form, clerk, path, _working_days_before(today() - DAY, needed + 1), place)


def _work_list(form: Form, clerk: Staff, colleague: Staff) -> list[Sample]:
    """Dossiers due in DUE_IN_DAYS, in every language, some assigned, some with a note."""
    return [
        Sample(
            form,
            clerk,
            path := OPEN_PATHS[place % len(OPEN_PATHS)],
            _announced_before(_arrival(form, left) if path[-1] != "incomplete" else today() - (9 + place) * DAY),
            place,
            LANGUAGES[place % len(LANGUAGES)],
            (clerk, None, colleague)[place % 3],
            NOTE if place % 4 == 0 else "",
        )
        for place, left in enumerate(DUE_IN_DAYS)
    ]


def _others(form: Form, clerk: Staff) -> list[Sample]:
    """A dossier of every other form, arrived on one of the last days."""
    others = _tracked_forms().where(Form.id != form.id)
    return [
        Sample(other, clerk, ("received",), _announced_before(today() - (1 + place) * DAY), place)
        for place, other in enumerate(others)
    ]


def _arrival(form: Form, left: int) -> dt.date:
    """The arrival day of a dossier that is due in about `left` days; yesterday if the form has no period."""
    rule = form.period_at(today())
    period = add(today(), rule.length, rule.unit) - today() if rule else dt.timedelta()
    return min(today() + left * DAY - period, today() - DAY)


def _announced_before(arrived_on: dt.date) -> dt.date:
    """The day on which the number of a letter was given out, if it arrived on this day or the working day before."""
    arrived_on += DAY
    return _working_days_before(arrived_on, 1 + STEP_DAYS["received"])


def _waits(path: tuple[str, ...]) -> list[tuple[str, int]]:
    """[(step, working days since the step before)]. A step that comes again follows an answer of the citizen."""
    return [
        (status, ANSWER_DAYS if status in path[:place] else STEP_DAYS.get(status, 2))
        for place, status in enumerate(path)
    ]


def _days(path: tuple[str, ...], day: dt.date) -> list[tuple[str, dt.date]]:
    """[(step, its day)] of a dossier that was announced on `day`."""
    return [(status, day := working_days_after(day, wait)) for status, wait in _waits(path)]


def _working_days_before(day: dt.date, count: int) -> dt.date:
    """The day `count` working days before `day`; `day` itself is not counted."""
    for _ in range(count):
        day -= DAY
        while not is_working_day(day):
            day -= DAY
    return day


def _moment(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, LUXEMBOURG).astimezone(dt.UTC)


def _account(role: str, authority: Authority, email: str = "") -> tuple[Staff, str]:
    """The account of `role` and its password: a new account, or a new password of the old one."""
    email, password = email or f"{role}@example.com", secrets.token_urlsafe(16)
    staff = Staff.get_or_none(Staff.email == email)
    if staff:
        credentials.set_password(staff, password)
        return staff, password
    return accounts.add(email, role, authority if rights.has_authority(role) else None, password), password


def _print_access(people: list[tuple[Staff, str]], dossiers: dict[str, Dossier]) -> None:
    site = current_app.config["SITE_URL"]
    click.echo(f"Sign in at {site}/sign-in")
    for staff, password in people:
        click.echo(f"  {staff.role:12} {staff.email:24} {password}")
    click.echo("Dossiers")
    for status, dossier in dossiers.items():
        click.echo(f"  {status:12} {grouped(dossier.number)}  {site}/t/{dossier.number}")
