"""`flask --app app demo`: sample dossiers in every status and one account of each role, for a first look."""

import datetime as dt
import secrets

import click
from flask import current_app
from flask.cli import with_appcontext
from peewee import ModelSelect

from models import Authority, Dossier, Form, Note, Procedure, Staff, db, today
from models.catalogue.procedure import LANGUAGES
from models.deadlines.clock import add
from models.dossiers.number import grouped
from models.staff.staff import ROLES

# How a dossier comes to each status.
PATHS = {
    "announced": (),
    "received": ("received",),
    "incomplete": ("received", "incomplete"),
    "examination": ("received", "examination"),
    "decided": ("received", "examination", "decided"),
    "closed": ("received", "examination", "decided", "closed"),
    "lapsed": ("lapsed",),
    "withdrawn": ("received", "withdrawn"),
}
# The work list: how many days are left, and how far each dossier has come.
DUE = (-9, -2, 0, 1, 3, 4, 6, 7, 9, 12, 14, 20, 33, 45)
WAITING = (("received",), ("received", "examination"), ("received", "examination"), ("received", "incomplete"))
NOTE = "Called and asked when it will be decided; will call again on Monday."
CONTACT = ("email", "citizen@example.com")  # a domain kept for examples (RFC 2606)


@click.command()
@with_appcontext
def demo() -> None:
    """Fill the database with sample dossiers and accounts. For development only."""
    if not current_app.config["INBOX"]:
        raise click.ClickException("the demo is for development: it needs ETRACKING_INBOX=true")
    with db.connection_context():
        form = _form()
        accounts = [_account(role, form.procedure.authority) for role in ROLES]
        clerk = accounts[0][0]
        dossiers = {status: _dossier(form, path, clerk) for status, path in PATHS.items()}
        _fill_work_list(form, clerk)
    _tell(accounts, dossiers)


def _form() -> Form:
    """The first form, if possible one with a period: its dossiers have a date that they are due on."""
    forms = list(_tracked())
    if not forms:
        raise click.ClickException("the catalogue is empty: run `flask --app app catalogue load` first")
    return max(forms, key=lambda form: bool(form.period))


def _tracked() -> "ModelSelect[Form]":
    joined = Form.select(Form, Procedure, Authority).join(Procedure).join(Authority)
    return joined.where(Form.tracked & ~Form.retired).order_by(Form.id)


def _fill_work_list(form: Form, clerk: Staff) -> None:
    """Dossiers due in DUE days, in every language, some taken, some with a note; and one of each other form."""
    colleague = _account("clerk", form.procedure.authority, "colleague@example.com")[0]
    for index, left in enumerate(DUE):
        path, language = WAITING[index % len(WAITING)], LANGUAGES[index % len(LANGUAGES)]
        dossier = _dossier(form, path, clerk, language, _arrival(form, left))
        dossier.assign((clerk, None, colleague)[index % 3], by=clerk)
        if index % 4 == 0:
            Note.write(dossier, clerk, NOTE)
    for other in _tracked().where(Form.id != form.id):
        _dossier(other, ("received",), clerk)


def _arrival(form: Form, left: int) -> dt.date:
    """The day on which paper arrived that is due in some `left` days; today where there is no period."""
    rule = form.period_at(today())
    period = add(today(), rule.length, rule.unit) - today() if rule else dt.timedelta()
    return min(today() + dt.timedelta(days=left) - period, today())


def _account(role: str, authority: Authority, email: str = "") -> tuple[Staff, str]:
    """The account of `role`, made or given a new password."""
    email, password = email or f"{role}@example.com", secrets.token_urlsafe(16)
    staff = Staff.get_or_none(Staff.email == email)
    if staff:
        staff.set_password(password)
        return staff, password
    return Staff.add(email, role, authority if role == "clerk" else None, password), password


def _dossier(
    form: Form, path: tuple[str, ...], clerk: Staff, language: str = "de", arrived_on: dt.date | None = None
) -> Dossier:
    dossier = Dossier.announce(form, language, secrets.token_urlsafe(18), [CONTACT])
    for status in path:
        dossier.move(
            status,
            by=clerk,
            version=dossier.version,
            arrived_on=(arrived_on or today()) if status == "received" else None,
            missing=form.enclosures[:1] or [form.title] if status == "incomplete" else [],
            until=today() + dt.timedelta(days=30) if status == "incomplete" else None,
        )
    return dossier


def _tell(accounts: list[tuple[Staff, str]], dossiers: dict[str, Dossier]) -> None:
    site = current_app.config["SITE_URL"]
    click.echo(f"Sign in at {site}/sign-in")
    for staff, password in accounts:
        click.echo(f"  {staff.role:12} {staff.email:24} {password}")
    click.echo("Dossiers")
    for status, dossier in dossiers.items():
        click.echo(f"  {status:12} {grouped(dossier.number)}  {site}/t/{dossier.number}")
