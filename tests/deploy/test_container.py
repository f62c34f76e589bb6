"""deploy/container: what goes into the image, and what a container may do."""

import subprocess
import sys

import pytest
import yaml

from paths import ROOT

FOLDER = ROOT / "deploy" / "container"
SERVICES = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))["services"]
DEVELOPMENT = {"tests", "bench", "docs", "instance", "node_modules", "voices"}  # and what is made in the image


def test_all_of_the_service_and_nothing_else_goes_into_the_image():
    first, *rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    taken = {rule[1:] for rule in rules if rule.startswith("!")}
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] not in "._"}
    modules = {path.name for path in ROOT.glob("*.py")}
    assert first == "*" and taken >= (folders - DEVELOPMENT) | modules
    assert not taken & (DEVELOPMENT | {".git", ".env", ".venv"})
    assert [name for name in sorted(taken) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_writes_nowhere_else_and_has_no_rights(name):
    service = SERVICES[name]
    assert service["read_only"] and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    if name in ("web", "worker", "upgrade"):
        assert "cap_add" not in service and "ports" not in service


def test_the_image_runs_as_nobody_in_particular_and_says_how_it_is():
    stages = (FOLDER / "Containerfile").read_text(encoding="utf-8").split("\nFROM ")
    assert len(stages) == 3 and "make install" in stages[1] and "make" not in stages[2].split("COPY")[0]
    assert "\nUSER 10001:10001\n" in stages[2] and "\nHEALTHCHECK " in stages[2]


@pytest.mark.long
def test_the_health_check_asks_the_site(front, folder):
    def asked(socket: str) -> int:
        return subprocess.run(
            [sys.executable, FOLDER / "health.py", folder / socket], stderr=subprocess.DEVNULL
        ).returncode

    assert front.ask("/healthz").status == 200  # it is up
    assert asked("web.sock") == 0 and asked("no.sock") != 0
