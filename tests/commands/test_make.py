"""The Makefile: help names every target, and the command line prints links to the site that was started last."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dotenv import dotenv_values

from paths import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
INNER = {"address", "database", "setup"}  # parts of run and dev, and the former name of install
ENV = """ETRACKING_SECRET_KEY=${{NOT_SET:-kept}}
ETRACKING_SITE_URL={address}
"""
DEFAULT = "${ETRACKING_SITE_URL:-http://127.0.0.1:8000}"


@pytest.fixture
def folder(tmp_path):
    """A folder in which everything is installed, as far as make can see."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.txt", ".venv/bin/python", ".setup/python"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def make(*arguments: str, folder: Path = ROOT) -> str:
    done = subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_make_alone_helps_and_names_every_target():
    targets = {name for line in re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE) for name in line.split()}
    explained = re.findall(r"^make ([a-z-]+) +(\S.*)$", make(), re.MULTILINE)
    assert {name for name, _text in explained} == targets - INNER
    assert make() == make("help")


def test_the_port_of_the_site_is_the_port_in_the_links_of_the_command_line(folder):
    (folder / ".env").write_text(ENV.format(address=DEFAULT))
    for port in ("8123", "8080"):
        make("address", f"PORT={port}", folder=folder)
        values = dotenv_values(folder / ".env")
        assert values == {"ETRACKING_SECRET_KEY": "kept", "ETRACKING_SITE_URL": f"http://127.0.0.1:{port}"}


def test_an_address_that_somebody_wrote_stays(folder):
    (folder / ".env").write_text(ENV.format(address="https://etracking.example.lu"))
    make("address", "PORT=8123", folder=folder)
    assert dotenv_values(folder / ".env")["ETRACKING_SITE_URL"] == "https://etracking.example.lu"


def test_run_and_dev_serve_the_port_beside_a_worker():
    for target, server in (("run", "gunicorn --bind 127.0.0.1:8123"), ("dev", "run --port 8123")):
        commands = make("--dry-run", target, "PORT=8123")
        assert server in commands and "notifications send &" in commands
        assert "eTracking: http://127.0.0.1:8123 " in commands


@pytest.mark.parametrize("target", ["install", "setup"])
def test_a_server_is_installed_without_settings_and_without_a_database(target):
    commands = make("--dry-run", "--always-make", target)
    for needed in ("-r requirements.txt", "npm ci", "web.static_files", "voices()", "compileall"):
        assert needed in commands
    assert [word for word in (".env", "flask", "requirements-dev", "catalogue", "demo") if word in commands] == []


def test_a_release_takes_over_the_static_files_of_the_one_that_runs(tmp_path):
    for release, name in (("1", "site.aaa.css"), ("2", "site.bbb.css")):
        built = tmp_path / "releases" / release / ".setup" / "static"
        built.mkdir(parents=True)
        (built / name).write_text(release)
    (tmp_path / "current").symlink_to("releases/1")
    script = next(line for line in make("--dry-run", "install").splitlines() if "cp -au" in line)
    for release in ("1", "2"):  # the first is the one that runs
        subprocess.run(["sh", "-c", script], cwd=tmp_path / "releases" / release, check=True, timeout=10)
    assert {path.name for path in (tmp_path / "releases" / "2").rglob("*.css")} == {"site.aaa.css", "site.bbb.css"}
    assert {path.name for path in (tmp_path / "releases" / "1").rglob("*.css")} == {"site.aaa.css"}


@pytest.mark.parametrize("target", ["run", "dev"])
def test_development_makes_its_settings_and_its_database(target):
    commands = make("--dry-run", "--always-make", target)
    assert ".env > .env.new" in commands and "db upgrade" in commands and "catalogue load" in commands


def test_the_voices_are_recorded_before_there_are_settings():
    make_voices = re.search(r"python -c '(.*voices\(\))'", MAKEFILE)
    bare = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", make_voices[1]], cwd=ROOT, env=bare, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and "in all" in done.stdout, done.stderr
