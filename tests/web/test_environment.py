"""Where settings are read: the environment, or one file. systemd, Docker, a shell and we read the same out of it."""

import os
import subprocess

import pytest
from dotenv import dotenv_values

from app import create_app
from paths import ROOT
from support.documents import blocks
from support.production import SETTINGS as PRODUCTION
from support.site import SETTINGS
from web import environment
from web.settings import BadSettingError

# A line, and what it means to everybody.
LINES = {
    "ETRACKING_MAIL_SERVER=smtp.example.lu": "smtp.example.lu",
    "ETRACKING_MAIL_SERVER=": "",
    "ETRACKING_MAIL_SERVER=''": "",
    "ETRACKING_MAIL_PASSWORD='with spaces'": "with spaces",
    "ETRACKING_MAIL_PASSWORD='pa$$word $HOME `x` #1 \"quoted\" back\\slash'": (
        'pa$$word $HOME `x` #1 "quoted" back\\slash'
    ),
    'ETRACKING_MAIL_PASSWORD="it\'s # 1"': "it's # 1",
    "ETRACKING_MAIL_PASSWORD=a#b": "a#b",
    "ETRACKING_MAIL_SENDER='eTracking <noreply@example.lu>'": "eTracking <noreply@example.lu>",
    'ETRACKING_SMS_REGIONS=\'["LU", "DE"]\'': '["LU", "DE"]',
    "ETRACKING_DATABASE_URL=postgresql://user:p%40ss@db.example.lu:5432/etracking?sslmode=verify-full": (
        "postgresql://user:p%40ss@db.example.lu:5432/etracking?sslmode=verify-full"
    ),
    "ETRACKING_MAIL_PASSWORD='Ënnerscheed'": "Ënnerscheed",
    "ETRACKING_SECRET_KEY=Vq3xW8mZ0pT5-rLkJ7cYbN2_Hs9GfA4uRiE6oXwM==": "Vq3xW8mZ0pT5-rLkJ7cYbN2_Hs9GfA4uRiE6oXwM==",
}
# What they read differently, or do not read at all.
ODD = [
    "ETRACKING_MAIL_PASSWORD=with spaces",
    "ETRACKING_MAIL_PASSWORD=pa$$word",
    'ETRACKING_MAIL_PASSWORD="pa$$word"',
    'ETRACKING_MAIL_PASSWORD="back\\slash"',
    "ETRACKING_MAIL_PASSWORD=back\\slash",
    "ETRACKING_MAIL_PASSWORD=swordfish # of the relay",
    "ETRACKING_MAIL_PASSWORD='swordfish' # of the relay",
    "ETRACKING_MAIL_PASSWORD='sword''fish'",
    "ETRACKING_MAIL_PASSWORD='sword",
    'ETRACKING_SMS_REGIONS=["LU"]',
    "export ETRACKING_MAIL_PASSWORD=swordfish",
    "ETRACKING_MAIL_PASSWORD = swordfish",
    "ETRACKING_MAIL_SENDER=eTracking<noreply@example.lu>",
    "ETRACKING_MAIL_PASSWORD=a;b",
    "ETRACKING_MAIL_PASSWORD=~/secret",
]


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A file of settings, which ETRACKING_ENV_FILE names."""
    path = tmp_path / "etracking.env"
    monkeypatch.setenv("ETRACKING_ENV_FILE", str(path))
    return path


@pytest.fixture
def dotenv(tmp_path, monkeypatch):
    """A .env of development in the folder in which commands are typed, and what the command line of Flask makes of it."""
    monkeypatch.delenv("FLASK_SKIP_DOTENV")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("ETRACKING_INBOX=true\nETRACKING_STAFF_SECOND_FACTOR=false\n")
    for name, text in dotenv_values(".env").items():
        monkeypatch.setenv(name, text)
    return tmp_path / ".env"


@pytest.mark.parametrize("line", LINES)
def test_value_is_read_as_a_shell_and_the_command_line_of_flask_read_it(file, line):
    file.write_text(line + "\n")
    name, meaning = line.partition("=")[0], LINES[line]
    shell = ["sh", "-c", f'set -a; . "$1"; printf %s "${name}"', "sh", str(file)]
    said = subprocess.run(shell, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True).stdout
    assert environment.read() == environment.Stated({name.removeprefix("ETRACKING_"): meaning}, str(file), [])
    assert said == dotenv_values(file)[name] == meaning


def test_lines_that_the_document_shows_are_read(file):
    shown = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    (block,) = [block.text for block in blocks(shown) if block.language == "ini"]
    file.write_text(block)
    read = environment.read()
    assert read.problems == [] and len(read.texts) == len(block.splitlines())


@pytest.mark.parametrize("line", ODD)
def test_line_that_others_read_differently_is_refused_without_its_value(file, line):
    file.write_text(f"# ours\n\n{line}\n")
    (problem,) = environment.read().problems
    assert f"{file}, line 3: write ETRACKING_" in problem and "single quotes" in problem
    assert "sword" not in problem and "slash" not in problem


def test_comments_and_what_is_for_others_is_passed_over(file):
    file.write_text("# a comment\n; another\n\nLANG=C.UTF-8\nWEB_CONCURRENCY = 4 # processes\nETRACKING_INBOX=true\r\n")
    assert environment.read() == environment.Stated({"INBOX": "true"}, str(file), [])


def test_setting_that_stands_there_twice_is_refused(file):
    file.write_text("ETRACKING_INBOX=true\nETRACKING_INBOX=false\n")
    assert environment.read().problems == [f"{file}, line 2: ETRACKING_INBOX stands there twice"]


def test_file_that_is_not_there_is_named(file):
    (problem,) = environment.read().problems
    assert problem == f"ETRACKING_ENV_FILE names {file}, which cannot be read: No such file or directory"


def test_nothing_is_said_of_settings_that_could_not_be_read(file):
    with pytest.raises(BadSettingError) as refused:
        create_app()
    assert [str(file) in problem for problem in refused.value.problems] == [True]


def test_file_in_another_encoding_is_refused(file):
    file.write_bytes("ETRACKING_MAIL_PASSWORD='Ënnerscheed'".encode("latin-1"))
    assert "UTF-8" in environment.read().problems[0]


def test_only_the_file_counts_and_an_environment_that_differs_is_told(file, monkeypatch):
    file.write_text("ETRACKING_MAIL_PORT=25\nETRACKING_INBOX=true\n")
    monkeypatch.setenv("ETRACKING_INBOX", "true")
    assert environment.read().problems == []
    monkeypatch.setenv("ETRACKING_DATABASE_URL", "sqlite:////tmp/drill.db")
    read = environment.read()
    assert read.texts == {"MAIL_PORT": "25", "INBOX": "true"}
    (problem,) = read.problems
    assert "ETRACKING_DATABASE_URL in the environment" in problem and "drill" not in problem


def test_dotenv_left_on_a_server_changes_nothing_beside_the_file(file, dotenv):
    file.write_text("ETRACKING_MAIL_PORT=25\n")
    assert environment.read() == environment.Stated({"MAIL_PORT": "25"}, str(file), [])


def test_dotenv_left_on_a_server_is_named_if_there_is_no_file(dotenv, monkeypatch):
    monkeypatch.setenv("ETRACKING_STAFF_SECOND_FACTOR", "true")  # as the server says, and .env does not
    with pytest.raises(BadSettingError) as refused:
        create_app(SETTINGS | PRODUCTION | {"DATABASE_URL": "sqlite:///etracking.db"})
    assert f"{dotenv} is read by commands, but not by the web server" in refused.value.problems[-1]


def test_dotenv_that_is_the_only_source_is_as_good_as_any(dotenv):
    assert environment.read().other_file == ""
