"""Every command of `flask --app app`, as an operator types them one after the other, in development and in production.

A new command has no case here and fails the first test: add one to TYPED, with what it prints.
"""

import re
import shutil
from collections.abc import Iterator

import click
import pytest
from peewee import fn

from models import Audit, Invitation, Passkey, RecoveryCode, Staff, StaffSession, System, Totp, db
from paths import CATALOGUE
from support import backups, production
from support.commands import run
from support.sending import close
from support.site import PASSWORD, running

EMAIL, AUTHORITY = "new@example.lu", "housing-aid-service"
LINK = r"{site}/sign-in/invitation/[\w-]{{43}}"
# What is typed, what is printed, and in production only: what else is. {site}: its address; {folder}: where it writes to.
TYPED: list[tuple[str, str, str]] = [
    ("config check", "site  +{site}, ", ""),
    ("db upgrade", "database: up to date", ""),
    ("db status", "all is as it has to be", ""),
    ("captcha voices", "recordings made", ""),
    ("catalogue check {folder}/catalogue", "1 procedures, .*, no fault", ""),
    ("catalogue try {folder}/catalogue", "0 PDFs: ", ""),
    ("catalogue load", "catalogue: ", ""),
    ("staff add helpdesk@example.lu --role helpdesk", "staff: helpdesk added", ""),
    (f"staff invite {EMAIL} --role clerk --authority {AUTHORITY}", LINK, ""),
    (f"staff reset {EMAIL}", LINK, ""),
    (f"staff password {EMAIL}", "staff: password changed", ""),
    (f"staff disable {EMAIL}", "staff: account closed", ""),
    (f"staff enable {EMAIL}", "staff: account open again", ""),
    (f"systems add {AUTHORITY} registry --hook https://registry.example.lu/news", "system 1: registry", ""),
    ("systems list", f"1  {AUTHORITY}  registry  live", ""),
    ("systems token 1 replacement --expires 2099-12-31", r"token 2 of system 1: replacement\n  token   et_live_", ""),
    ("systems revoke-token 1", "token 1: revoked", ""),
    ("systems repeat 1", "0 deliveries to send again", ""),
    ("systems revoke 1", "system 1: revoked", ""),
    ("backup keys", "AGE-SECRET-KEY-", ""),
    ("backup create", "backup: {folder}/", ""),
    ("backup verify --identity {folder}/key.txt", "can be restored", ""),
    ("backup restore {copy} --identity {folder}/key.txt --yes", "0 erased again", ""),
    ("notifications status", "email  open; 1 due", ""),
    ("notifications send --once", "", ""),
    ("notifications repeat email", "0 notifications to send again", ""),
    ("keys new", r"\d{{8}}-\d{{4}}:[\w-]{{64}}", ""),
    ("keys status", r"newest: \d+ contact", ""),
    ("keys rotate", "keys: 0 rows written anew, all with ", ""),
    ("push keys", "ETRACKING_PUSH_PRIVATE_KEY=", ""),
    ("retention list", r"text +7 days  ETRACKING_RETENTION_TEXT_DAYS\n[\s\S]+session +8 hours fixed", ""),
    ("retention run", "retention: \\d+ rows erased", ""),
    ("audit verify", "all as they were written", ""),
    ("audit exported {folder}/key.txt", "Error: audit: this is no export", ""),
    ("audit digest", '"rows": ', ""),
    ("db copy --to sqlite:///other.db", "Error: this copies from", ""),
    ("demo", "Sign in at {site}/sign-in", "Error: the demo is for development"),
]


@pytest.fixture
def development(sqlite_url, tmp_path):
    return running(sqlite_url, INBOX=True, INBOX_DIR=str(tmp_path / "inbox"), **backups.settings(tmp_path))


@pytest.fixture
def real(sqlite_url, tmp_path, mail_server, certificate):
    """In production, with a mail server."""
    senders = mail_server.settings | {"MAIL_CA_FILE": str(certificate)}
    app = production.site(sqlite_url, **senders, **backups.settings(tmp_path))
    db.connect(reuse_if_open=True)
    return app


@pytest.fixture(params=["development", "real"])
def site(request):
    site = request.getfixturevalue(request.param)
    db.connect(reuse_if_open=True)
    request.getfixturevalue("with_mail")
    yield site
    close()


def names(group: click.Group, before: str = "") -> Iterator[str]:
    """The commands of a group and of the groups in it, each with all its words."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from names(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def test_every_command_is_typed(app):
    typed = [line for line, *_ in TYPED]
    assert [name for name in names(app.cli) if not any(f"{line} ".startswith(f"{name} ") for line in typed)] == []


@pytest.mark.long
def test_every_command_does_its_work(site, tmp_path):
    secure = site.config["SESSION_COOKIE_SECURE"]
    others = {path.name for path in CATALOGUE.iterdir() if (path / "procedure.yaml").exists()} - {"rent-subsidy"}
    shutil.copytree(CATALOGUE, tmp_path / "catalogue", ignore=lambda *_: others)  # to draw all forms takes long
    backups.key_file(tmp_path)
    for line, printed, in_production in TYPED:
        typed = line.format(folder=tmp_path, copy=next(tmp_path.glob("etracking-*.age"), ""))
        done = run(site, *typed.split(), text=f"{PASSWORD}\n")
        expected = in_production if secure and in_production else printed
        assert done.exit_code == expected.startswith("Error"), (line, done.output)
        assert re.search(expected.format(site=site.config["SITE_URL"], folder=tmp_path), done.output), (
            line,
            done.output,
        )


def test_what_the_worker_sends_in_production_leads_to_the_site_over_https(real, with_mail, mail_server):
    run(real, "notifications", "send", "--once")
    close()
    (mail,) = mail_server.mails
    text = mail.get_body(("plain",)).get_content() + mail.get_body(("html",)).get_content() + mail["List-Unsubscribe"]
    links = set(re.findall(r"https?://[^/\s<>\"]+", text))
    assert links - {"https://logement.public.lu"} == {production.SITE}, "the authority's own page beside ours"
    assert mail["From"].endswith(production.HOST)


# The tables and columns of accounts, keys and systems: what a command does to them stands in the audit log.
ACCOUNTS = (Staff, Passkey, Totp, RecoveryCode, Invitation, StaffSession, System)
LOOKING = re.compile(
    r"(config|db|captcha|catalogue|push) |.*(list|status|check|backup keys|verify|digest|exported)\b|keys new|backup create|demo"
)


def kept() -> str:
    return repr([list(model.select().tuples()) for model in ACCOUNTS])


def test_command_that_changes_accounts_or_systems_names_itself_and_its_operator_in_the_audit_log(
    development, with_mail, tmp_path, monkeypatch
):
    monkeypatch.setenv("SUDO_UID", "4711")
    backups.key_file(tmp_path)
    audited = set()
    for line, *_ in TYPED:
        if line.startswith(("db ", "captcha ", "catalogue ", "demo", "notifications send")):
            continue
        db.connect(reuse_if_open=True)
        before, last = kept(), Audit.select(fn.MAX(Audit.id)).scalar() or 0
        typed = line.format(folder=tmp_path, copy=next(tmp_path.glob("etracking-*.age"), ""))
        run(development, *typed.split(), text=f"{PASSWORD}\n")
        db.connect(reuse_if_open=True)
        rows = list(Audit.select().where(Audit.id > (0 if line.startswith("backup restore") else last)))
        name = next(name for name in names(development.cli) if f"{line} ".startswith(f"{name} "))
        mine = [row for row in rows if (row.details.get("command"), row.details.get("operator")) == (name, 4711)]
        assert mine or kept() == before, f"{name} leaves no trace"
        assert bool(mine) != bool(LOOKING.match(name)), f"{name}: see NOT_AUDITED in commands/guard.py"
        assert {row.staff for row in mine} <= {None}
        audited |= {(row.action, row.details.get("account")) for row in mine}
    assert {("account added", 1), ("account added", 2), ("password changed", 2)} <= audited
    assert "@" not in repr(list(Audit.select().tuples()))
    close()
