"""The command line: the database takes shape once, accounts are made with care, the demo shows all."""

import subprocess
import sys

import pytest
from playhouse.schema_diff import diff_models

from models import MODELS, Contact, Dossier, Event, Notification, Staff, db
from paths import MIGRATIONS, ROOT
from support.commands import run
from support.sending import close, environment
from support.site import PASSWORD, running
from web.state import state

FLASK = [sys.executable, "-m", "flask", "--app", "app"]
SHAPES = ", ".join(sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.py")))
AUTHORITY = "housing-aid-service"


def test_upgrade_twice_does_its_work_once(empty):
    new, done = run(empty, "db", "upgrade").stdout.splitlines()
    assert new.startswith("database: NEW, made at ") and done == f"database: {SHAPES}"
    assert run(empty, "db", "upgrade").stdout == "database: up to date\n"


@pytest.mark.long
def test_upgrade_on_several_machines_at_once_does_its_work_once(empty):
    known = environment(empty)
    url = known["ETRACKING_DATABASE_URL"]
    if url.startswith("postgresql"):  # others wait for the upgrade longer than for any other lock
        url += f"{'&' if '?' in url else '?'}options=-c%20lock_timeout%3D50"
    started = [
        subprocess.Popen(
            [*FLASK, "db", "upgrade"],
            cwd=ROOT,
            env=known | {"ETRACKING_DATABASE_URL": url},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    said = [process.communicate(timeout=60) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], said
    assert sorted(out.splitlines()[-1] for out, _ in said) == [f"database: {SHAPES}"] + ["database: up to date"] * 2


def test_migrations_make_the_tables_that_the_models_describe(empty):
    run(empty, "db", "upgrade")
    db.connect(reuse_if_open=True)
    difference = diff_models(state(empty).database, MODELS)
    assert not difference, difference
    assert set(db.get_tables()) >= {model._meta.table_name for model in MODELS}
    for model in MODELS:
        columns = {column.name: column.null for column in db.get_columns(model._meta.table_name)}
        assert columns == {field.column_name: field.null for field in model._meta.sorted_fields}, model
        keys = {(key.column, key.dest_table) for key in db.get_foreign_keys(model._meta.table_name)}
        assert keys == {(f.column_name, f.rel_model._meta.table_name) for f in model._meta.refs}, model


def test_what_belongs_to_a_dossier_goes_with_it(either, with_mail):
    assert (Event.select().count(), Contact.select().count(), Notification.select().count()) == (1, 1, 1)
    Dossier.delete().where(Dossier.id == with_mail.id).execute()
    assert (Event.select().count(), Contact.select().count(), Notification.select().count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("role", "authority"), [("clerk", ("--authority", AUTHORITY)), ("helpdesk", ()), ("admin", ())]
)
def test_account_that_was_added_opens_the_desk(app, visitor, role, authority):
    added = run(app, "staff", "add", f" {role.title()}@Example.lu", "--role", role, *authority, text=PASSWORD + "\n")
    assert (added.exit_code, added.stdout, added.stderr) == (0, f"staff: {role} added\n", "")
    page = visitor.submit(visitor.get("/sign-in"), email=f"{role}@example.lu", password=PASSWORD)
    assert page.url == "/desk"


@pytest.mark.parametrize(
    ("arguments", "password", "why"),
    [
        (("new@example.lu", "--role", "helpdesk"), "fourteen chars", "at least 15 characters"),
        (("new@example.lu", "--role", "helpdesk"), "", "at least 15 characters"),
        (("new@example.lu", "--role", "helpdesk"), "password1234567", "easy to guess"),
        (("new@example.lu", "--role", "clerk"), PASSWORD, "a clerk belongs to one authority"),
        (("new@example.lu", "--role", "admin", "--authority", AUTHORITY), PASSWORD, "a clerk belongs to one authority"),
        (("new@example.lu", "--role", "clerk", "--authority", "nowhere"), PASSWORD, "no authority 'nowhere'"),
        (("new@example.lu", "--role", "king"), PASSWORD, "is not one of 'clerk', 'helpdesk', 'admin'"),
        (("new@example.lu",), PASSWORD, "Missing option '--role'"),
        (("clerk@example.lu", "--role", "helpdesk"), PASSWORD, "there is an account with this e-mail address already"),
        (("CLERK@Example.LU", "--role", "helpdesk"), PASSWORD, "there is an account with this e-mail address already"),
    ],
)
def test_account_that_cannot_be_is_refused_in_a_sentence(either, clerk, arguments, password, why):
    refused = run(either, "staff", "add", *arguments, text=password)
    assert refused.exit_code in (1, 2) and why in refused.stderr and refused.stdout == ""
    db.connect(reuse_if_open=True)  # a command gives its connection back when it ends
    assert PASSWORD not in refused.output and Staff.select().count() == 1


def test_demo_is_refused_on_a_real_site(app):
    refused = run(app, "demo")
    assert refused.exit_code == 1 and "ETRACKING_INBOX" in refused.stderr
    assert (Staff.select().count(), Dossier.select().count()) == (0, 0)


def test_demo_needs_a_catalogue(tmp_path):
    app = running(f"sqlite:///{tmp_path}/empty.db", INBOX=True, INBOX_DIR=str(tmp_path / "inbox"))
    run(app, "db", "upgrade")
    refused = run(app, "demo")
    assert refused.exit_code == 1 and "catalogue load" in refused.stderr
    close()
