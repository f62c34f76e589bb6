"""The checks of what we pin and commit: no key gets in, a known vulnerability stops, the bill of materials is whole."""

import datetime as dt
import importlib.util
import json
import re
import subprocess
import sys
from types import ModuleType

import pytest

from paths import ROOT

TOKEN = "et_live_" + "Zk3v9Qw1" * 4
AGE = "AGE-SECRET-KEY-1" + "QPZRY9X8" * 6


@pytest.fixture(scope="module")
def advisories() -> ModuleType:
    spec = importlib.util.spec_from_file_location("advisories", ROOT / ".ci/advisories.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def repository(tmp_path):
    """A repository with one harmless commit; returns a function that commits a text as a file."""

    def git(*arguments: str) -> None:
        options = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *options, *arguments], cwd=tmp_path, check=True, capture_output=True)

    def commit(text: str, name: str = "settings.py") -> None:
        (tmp_path / name).write_text(text)
        git("add", "--all")
        git("commit", "--message", "Change something")

    git("init", "--quiet")
    commit("TITLE = 'eTracking'\n")
    return commit


def searched(folder) -> tuple[int, str]:
    done = subprocess.run([sys.executable, ROOT / ".ci/find_secrets.py"], cwd=folder, capture_output=True, text=True)
    assert not done.stderr
    return done.returncode, done.stdout


def test_a_key_in_a_tracked_file_is_found_and_not_repeated(repository, tmp_path):
    assert searched(tmp_path)[0] == 0
    repository(f"TITLE = 'eTracking'\nTOKEN = '{TOKEN}'\n")
    code, said = searched(tmp_path)
    assert code == 1 and "settings.py:2" in said and TOKEN not in said


@pytest.mark.long
def test_a_key_that_a_recent_commit_added_is_found_although_it_is_gone(repository, tmp_path):
    repository(f"KEY = '{AGE}'\n")
    repository("KEY = None\n")
    code, said = searched(tmp_path)
    assert code == 1 and "a recent commit to settings.py: key of backups" in said and AGE not in said


def test_a_known_vulnerability_is_reported_and_what_was_not_asked_is_no_pass(advisories):
    hole = {"id": "PYSEC-2026-1", "fix_versions": ["2"], "aliases": [], "description": "Bad."}
    asked = {"name": "flask", "version": "1", "vulns": [hole]}
    skipped = {"name": "peewee", "skip_reason": "Dependency not found"}
    holes, said = advisories.read_python({"dependencies": [asked, skipped]})
    assert holes == {"PYSEC-2026-1": "flask 1"} and "1 packages checked, 1 packages are unknown" in said
    for nothing in ({}, {"dependencies": [skipped]}):
        assert advisories.read_python(nothing) == ({}, "advisories, Python: NOT CHECKED, the database does not answer")


def test_npm_tells_a_vulnerability_from_a_failure(advisories):
    cause = {"url": "https://github.example/advisories/GHSA-1", "title": "Bad."}
    found = {"vulnerabilities": {"altcha": {"range": "<4", "via": [cause]}, "other": {"range": "*", "via": ["altcha"]}}}
    holes, said = advisories.read_npm(found | {"metadata": {"dependencies": {"prod": 8}}})
    assert holes == {"GHSA-1": "altcha <4"} and "8 packages" in said
    assert "NOT CHECKED" in advisories.read_npm({"error": {}, "message": "405"})[1]


def test_a_vulnerability_fails_the_check_unless_a_reason_excuses_it_until_a_day(advisories, monkeypatch, capsys):
    hole = {"dependencies": [{"name": "flask", "version": "1", "vulns": [{"id": "PYSEC-2026-1"}]}]}
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(advisories, "answer", lambda _command, report=None: hole if report else {})
    assert advisories.main() == 1 and "vulnerable: flask 1: PYSEC-2026-1" in capsys.readouterr().out
    text = '[[ignore]]\nid = "PYSEC-2026-1"\nreason = "only on Windows"\nuntil = 2026-12-31\n'
    assert advisories.excused(text, dt.date(2026, 12, 31)) == {"PYSEC-2026-1"}
    assert advisories.excused(text, dt.date(2027, 1, 1)) == set()


def test_nothing_is_installed_without_a_version_and_a_hash():
    installs = re.findall(r"^.*\bpip install.*$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(installs) == 3 and all("--require-hashes -r requirements" in line for line in installs)
    for lock in ROOT.glob("requirements*.txt"):
        packages = re.findall(
            r"^\S.*(?:\n .*)*", re.sub(r"^#.*$", "", lock.read_text(), flags=re.MULTILINE), re.MULTILINE
        )
        assert packages and [text for text in packages if not re.match(r"\S+==\S+ [^#]*--hash=sha256:", text)] == []
        assert "://" not in lock.read_text()
    for name, package in json.loads((ROOT / "package-lock.json").read_text())["packages"].items():
        assert not name or package["integrity"].startswith("sha512-") and "resolved" not in package


@pytest.mark.long
def test_bill_of_materials_names_what_is_shipped_and_is_the_same_each_time(tmp_path):
    bills = []
    for name in ("first.json", "second.json"):
        target = tmp_path / name
        subprocess.run([sys.executable, ".ci/sbom.py", target], cwd=ROOT, check=True, capture_output=True)
        bills.append(target.read_text())
    parts = {part["name"]: part for part in json.loads(bills[0])["components"]}
    pinned = {line.split("==")[0] for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line}
    assert bills[0] == bills[1] and pinned <= set(parts) and {"htmx.org", "zxing-wasm"} <= set(parts)
    assert not {"axe-core", "pytest"} & set(parts)
    assert parts["htmx.org"]["hashes"] and parts["flask"]["externalReferences"][0]["hashes"]
