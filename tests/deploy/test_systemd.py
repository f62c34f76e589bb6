"""deploy/systemd: the units are right, closed, and read the same settings as a typed command."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest

from paths import ROOT
from support.living import BIN

DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
EXAMPLE = DEPLOY / "etracking.env.example"
EXPOSED = 15  # tenths of what systemd calls the exposure level; below 20 is its "OK"

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze on this machine")


@pytest.fixture(scope="module")
def units(tmp_path_factory) -> Path:
    """The units as they are installed, of a release that lies here."""
    folder = tmp_path_factory.mktemp("units")
    shutil.copytree(UNITS, folder, dirs_exist_ok=True)
    for path in folder.rglob("*.*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8").replace("/opt/etracking/current/.venv/bin", str(BIN))
            path.write_text(text.replace("/opt/etracking/current", str(ROOT)), encoding="utf-8")
    return folder


def analyze(units: Path, *arguments: object) -> subprocess.CompletedProcess:
    environment = os.environ | {"SYSTEMD_UNIT_PATH": f"{units}:"}  # and those of this machine
    command = ["systemd-analyze", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_units(units):
    named = [path for path in units.iterdir() if path.is_file()]
    done = analyze(units, "verify", *named)
    assert done.returncode == 0 and [line for line in done.stderr.splitlines() if "etracking" in line] == []


@needs_systemd
@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.stem)
def test_a_service_can_do_little_but_its_work(units, service):
    done = analyze(units, "security", "--offline=true", "--no-pager", f"--threshold={EXPOSED}", units / service.name)
    assert done.returncode == 0, done.stdout


def test_every_timer_has_its_service_and_every_service_a_way_to_start():
    names = {path.name for path in UNITS.iterdir()}
    timers = {name for name in names if name.endswith(".timer")}
    assert {name.replace(".timer", ".service") for name in timers} <= names
    for path in SERVICES:
        assert "[Install]" in path.read_text() or path.with_suffix(".timer").exists(), path.name


def test_commands_services_and_documents_read_the_same_file():
    common = (UNITS / "etracking-.service.d" / "common.conf").read_text(encoding="utf-8")
    file = re.search(r"ETRACKING_ENV_FILE=(\S+)", common)[1]
    assert file in (DEPLOY / "bin" / "etracking").read_text(encoding="utf-8")
    assert file in EXAMPLE.read_text(encoding="utf-8")
    assert not [path.name for path in SERVICES if "ETRACKING_" in path.read_text(encoding="utf-8")]


@pytest.mark.long
def test_the_example_needs_but_its_secrets_to_be_filled_in(sqlite_url, tmp_path):
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    filled = EXAMPLE.read_text().replace("BACKUP_RECIPIENT=\n", f"BACKUP_RECIPIENT={recipient}\n")
    filled = re.sub(r"^(ETRACKING_\w+)=$", r"\1=Zk3vT9qLx7WmB2nRc8HdYs5GaJ4eUoPf", filled, flags=re.MULTILINE)
    filled = re.sub(r"^ETRACKING_DATABASE_URL=.*", f"ETRACKING_DATABASE_URL={sqlite_url}", filled, flags=re.MULTILINE)
    (tmp_path / "etracking.env").write_text(filled)
    environment = {
        "PATH": os.environ["PATH"],
        "ETRACKING_ENV_FILE": str(tmp_path / "etracking.env"),
        "SERVICE_USER": subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip(),
    }
    command = [DEPLOY / "bin" / "etracking", "config", "check"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "etracking.example.lu, 1 reverse proxy" in done.stdout


def test_who_forgets_sudo_is_told(tmp_path):
    somebody = tmp_path / "id"
    somebody.write_text("#!/bin/sh\necho 1000\n")
    somebody.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = [DEPLOY / "bin" / "etracking", "db", "status"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "type sudo etracking db status" in done.stderr


def test_gunicorn_takes_its_settings():
    command = [BIN / "gunicorn", "--config", "deploy/gunicorn.conf.py", "--check-config", "flask:Flask('app')"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
