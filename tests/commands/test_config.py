"""`config check`, and a command line whose settings are missing or wrong: it says what to do, and never a traceback."""

from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest
from flask.cli import cli

from commands import config, registry
from support.commands import run
from support.production import SETTINGS as PRODUCTION
from support.production import site
from support.sending import close

RIGHT = {
    "SECRET_KEY": "Vq3xW8mZ0pT5-rLkJ7cYbN2dHs9GfA4uRiE6oXwM",
    "DATABASE_URL": "postgresql://etracking:p4ss@db.example.lu/etracking",
} | {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in PRODUCTION.items()}
SECRETS = ("Vq3x", "p4ss", "relay", "watcher")


@pytest.fixture
def type_in(monkeypatch):
    """Type a command with these settings in the environment: its exit code and what it prints, in one."""

    def type_in(*words: str, **settings: str) -> tuple[int, str]:
        for name, text in settings.items():
            monkeypatch.setenv(f"ETRACKING_{name}", text)
        monkeypatch.setenv("FLASK_RUN_FROM_CLI", "")  # which Flask sets for good
        monkeypatch.setattr(config, "CHECKS", [])  # the database of these settings does not exist
        with redirect_stdout(StringIO()) as said, redirect_stderr(said), pytest.raises(SystemExit) as end:
            cli.main(["--app", "app", *words], prog_name="flask")
        return end.value.code, said.getvalue()

    yield type_in
    close()


def test_right_settings_are_told_in_short_and_no_secret(type_in):
    code, said = type_in("config", "check", **RIGHT, MAIL_USERNAME="etracking", MAIL_PASSWORD="of the relay")
    assert code == 0
    for line in (
        "settings       the environment",
        "site           https://etracking.example.lu, 1 reverse proxy in front",
        "database       PostgreSQL, etracking at db.example.lu",
        "mail           smtp.example.lu:587, STARTTLS, from noreply@etracking.example.lu",
        "bounces        off",
        "SMS            off",
        "push           off",
        "second factor  on",
        "helpdesk       +352 247 00000, helpdesk@example.lu",
        "metrics        on",
        "backups        off",
        "audit digest   off",
    ):
        assert f"{line}\n" in said
    assert [secret for secret in SECRETS if secret in said] == []


def test_all_faults_are_told_at_once(type_in):
    wrong = {"MAIL_SENDER": "", "PROXY_HOPS": "", "HELPDESK_PHONE": "", "HELPDESK_EMAIL": "", "MAIL_SERVR": "x"}
    code, said = type_in("config", "check", **RIGHT | wrong)
    assert code == 1 and "4 faults; the settings are those of the environment" in said and len(said.splitlines()) == 5
    assert [secret for secret in SECRETS if secret in said] == []


def test_settings_in_one_file_are_checked_as_web_and_worker_read_them(type_in, monkeypatch, tmp_path):
    file = tmp_path / "etracking.env"
    file.write_text("".join(f"ETRACKING_{name}='{text}'\n" for name, text in RIGHT.items()))
    monkeypatch.setenv("ETRACKING_ENV_FILE", str(file))
    assert f"settings       {file}\n" in type_in("config", "check")[1]
    file.write_text(file.read_text().replace("PROXY_HOPS='1'", "PROXY_HOPS=one"))
    assert f"1 fault; the settings are those of {file}\n" in type_in("config", "check")[1]


@pytest.mark.parametrize(("keys", "to"), [(1, "1 recipient"), (2, "2 recipients")])
def test_backups_are_told_with_their_place_and_time(type_in, keys, to):
    recipients = " ".join(["age1" + "q" * 58] * keys)
    backups = {"BACKUP_DIR": "/var/backups/etracking", "BACKUP_RECIPIENT": recipients, "BACKUP_KEEP": "14"}
    said = type_in("config", "check", **RIGHT, **backups)[1]
    assert f"backups        in /var/backups/etracking, encrypted to {to}, kept 14 days\n" in said


def test_database_that_is_not_there_is_a_fault_until_it_is_upgraded(empty):
    refused = run(empty, "config", "check")
    assert refused.exit_code == 1 and refused.stdout == "" and "`flask --app app db upgrade` makes" in refused.stderr
    run(empty, "db", "upgrade")
    right = run(empty, "config", "check")
    assert right.exit_code == 0 and "tables         up to date\n" in right.stdout


def test_what_is_wrong_beside_the_settings_is_told_too(production, monkeypatch):
    monkeypatch.setattr(config, "CHECKS", [lambda: (), lambda: ["the database is away"]])
    refused = run(production, "config", "check")
    assert (refused.exit_code, refused.stderr) == (
        1,
        "the database is away\n1 fault; the settings are those of the environment\n",
    )


def test_commands_are_listed_before_there_are_settings(type_in):
    code, said = type_in("--help")
    assert code == 0 and "`flask --app app config check` says all of it" in said and "Traceback" not in said
    for name in ("config", "db", "notifications", "staff"):
        assert f"\n  {name} " in said
    assert type_in("db", "--help")[0] == 0


@pytest.mark.parametrize("words", [("db", "upgrade"), ("staff", "invite", "x"), ("run",), ("routes",), ("demo",)])
def test_command_that_needs_settings_names_what_is_missing(type_in, words):
    code, said = type_in(*words)
    assert code == 1 and said.startswith("Error: ETRACKING_SECRET_KEY needs") and "Traceback" not in said


def test_command_that_needs_no_settings_works_before_there_are_any(type_in):
    code, said = type_in("push", "keys")
    assert code == 0 and said.startswith("ETRACKING_PUSH_PUBLIC_KEY=")


def test_commands_of_a_site_with_right_settings_are_what_they_were(type_in, sqlite_url):
    type_in("db", "upgrade")  # refused
    upgraded = run(site(sqlite_url), "db", "upgrade")
    assert upgraded.stdout == "database: up to date\n" and "config" in registry.WITHOUT_SETTINGS
