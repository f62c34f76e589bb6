"""What the run-book and the rules for Prometheus name is there, and nothing is missing in them."""

import re
import shutil
import subprocess

import pytest
import yaml

from models.monitoring.conditions import NAMES
from paths import ROOT

OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"


def section(heading: str) -> str:
    return re.search(rf"^## {heading}\n(.*?)(?=^## )", OPERATING, re.MULTILINE | re.DOTALL)[1]


def test_run_book_has_one_entry_for_each_alarm():
    headings = re.findall(r"^### (.*)$", section("Alarms"), re.MULTILINE)
    assert sorted(name for heading in headings for name in heading.split(", ")) == sorted(NAMES)


def test_every_entry_says_what_it_means_and_what_to_do():
    entries = re.split(r"^### .*$", section("Alarms"), flags=re.MULTILINE)[1:]
    assert [entry for entry in entries if not ("*Means:*" in entry and "*Do:*" in entry)] == []


def test_rules_for_prometheus_watch_metrics_that_exist(app, visitor):
    app.config["METRICS_TOKEN"] = "a token"
    shown = visitor.open("/metrics", headers={"Authorization": "Bearer a token"}).text
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    watched = {name for rule in rules for name in re.findall(r"etracking_\w+", rule["expr"])}
    assert len(watched) >= 4 and [name for name in sorted(watched) if f"# TYPE {name} gauge" not in shown] == []


@pytest.mark.skipif(not shutil.which("promtool"), reason="no promtool on this machine")
def test_rules_are_valid():
    done = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
