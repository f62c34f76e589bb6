"""`flask --app app demo`: sample dossiers in every status and one account of each role, for a first look."""

import datetime as dt
import secrets

import click
from flask import current_app
from flask.cli import with_appcontext

from models import Authority, Dossier, Form, Procedure, Staff, db, today
from models.number import grouped
from models.staff import ROLES

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
        dossiers = {status: _dossier(form, path, accounts[0][0]) for status, path in PATHS.items()}
    _tell(accounts, dossiers)


def _form() -> Form:
    joined = Form.select(Form, Procedure, Authority).join(Procedure).join(Authority)
    form = joined.where(Form.tracked & ~Form.retired).order_by(Form.id).first()
    if form is None:
        raise click.ClickException("the catalogue is empty: run `flask --app app catalogue load` first")
    return form


def _account(role: str, authority: Authority) -> tuple[Staff, str]:
    """The account of `role`, made or given a new password."""
    email, password = f"{role}@example.com", secrets.token_urlsafe(12)
    staff = Staff.get_or_none(Staff.email == email)
    if staff:
        staff.set_password(password)
        return staff, password
    return Staff.add(email, role, authority if role == "clerk" else None, password), password


def _dossier(form: Form, path: tuple[str, ...], clerk: Staff) -> Dossier:
    dossier = Dossier.announce(form, "de", secrets.token_urlsafe(18), [CONTACT])
    for status in path:
        dossier.move(
            status,
            by=clerk,
            version=dossier.version,
            arrived_on=today() if status == "received" else None,
            missing=[form.enclosures[0]["de"] if form.enclosures else form.title["de"]]
            if status == "incomplete"
            else [],
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
