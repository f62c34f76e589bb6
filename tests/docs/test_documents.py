"""What the documents name is there: files, folders, pages, headings, settings."""

import ast
import re
from urllib.parse import urlsplit

import pytest
import yaml

from paths import ROOT
from support.documents import DOCUMENTS, without_blocks
from web.settings import DEFAULTS

LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)*/?)`")
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir()} - {"instance"}  # which a run of the site makes
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")

OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
each = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)


def paths_named(text: str) -> set[str]:
    """What looks like a file or folder of ours: it begins with one of our folders, or ends like a file of ours."""
    named = set(PATH.findall(without_blocks(text)))
    return {
        name for name in named if name.partition("/")[0] in FOLDERS and "/" in name or name.endswith((".py", ".md"))
    }


def test_the_check_sees_paths():
    assert paths_named("`models/nothing.py` and `app.py`, `a/b`, `models/`") == {
        "models/nothing.py",
        "app.py",
        "models/",
    }


def test_a_commit_is_checked_by_what_make_lint_runs():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [(repo["repo"], [hook["entry"] for hook in repo["hooks"]]) for repo in hooks] == [("local", ["make lint"])]


@each
def test_every_file_that_a_document_names_is_there(document):
    named = paths_named(document.read_text(encoding="utf-8"))
    assert [name for name in sorted(named) if not any((base / name).exists() for base in (ROOT, document.parent))] == []


@each
def test_every_link_leads_somewhere(document):
    links = [urlsplit(link) for link in LINK.findall(document.read_text(encoding="utf-8"))]
    assert [link.path for link in links if not link.scheme and not (document.parent / link.path).exists()] == []


def test_every_setting_is_explained_and_every_explained_one_exists():
    explained = set(re.findall(r"`ETRACKING_(\w+?)`", SETTINGS))
    assert explained == {*DEFAULTS, "ENV_FILE"}


@each
def test_documents_name_no_other_setting(document):
    named = set(re.findall(r"ETRACKING_([A-Z_]+[A-Z])", document.read_text(encoding="utf-8")))
    assert named <= {*DEFAULTS, "ENV_FILE"}  # which says where the others stand


def test_the_defaults_in_the_table_are_those_of_the_code():
    rows = re.findall(r"^\| `ETRACKING_(\w+)` \| `([^`]*)` \|", SETTINGS, re.MULTILINE)
    assert len(rows) > 15
    for name, default in rows:
        value = DEFAULTS[name]
        shown = str(value).lower() if isinstance(value, bool) else str(value).replace("'", '"')
        assert shown == default, name


def logged() -> list[str]:
    """The lines that the log may hold, each value in them as a dot."""
    calls = [
        node
        for folder in ("models", "senders", "commands", "blueprints")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log.") and node.args
    ]
    lines = [call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)]
    return [re.sub(r"%[sd]", ".", line) for line in lines]


def test_the_log_says_what_the_operator_is_told_to_look_for():
    told = re.findall(r"\*\*`([^`]+)`\*\*", OPERATING)
    lines = logged()
    patterns = [re.sub(r"\b(sms|N)\b", ".", line) for line in told]
    assert len(told) >= 5
    assert [
        line for line, pattern in zip(told, patterns, strict=True) if not any(pattern in each for each in lines)
    ] == []


def test_the_metrics_that_the_operator_is_told_to_watch_exist(app, visitor):
    app.config["METRICS_TOKEN"] = "a token"
    shown = visitor.open("/metrics", headers={"Authorization": "Bearer a token"}).text
    named = set(re.findall(r"`(etracking_\w+)", OPERATING))
    assert len(named) >= 5 and [name for name in sorted(named) if f"# TYPE {name} " not in shown] == []
