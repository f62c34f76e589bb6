"""What the documents name is there: files, folders, pages, headings, settings."""

import re
from urllib.parse import urlsplit

import pytest
import yaml

from paths import ROOT
from support.documents import DOCUMENTS, without_blocks
from web.settings import DEFAULTS

LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)*/?)`")
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir()}
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
COMING = {"tests/dossiers/test_kinds.py"}  # being written
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
    named = paths_named(document.read_text(encoding="utf-8")) - COMING
    assert [name for name in sorted(named) if not any((base / name).exists() for base in (ROOT, document.parent))] == []


@each
def test_every_link_leads_somewhere(document):
    links = [urlsplit(link) for link in LINK.findall(document.read_text(encoding="utf-8"))]
    assert [link.path for link in links if not link.scheme and not (document.parent / link.path).exists()] == []


def test_every_setting_is_explained_and_every_explained_one_exists():
    explained = set(re.findall(r"`ETRACKING_(\w+?)`", SETTINGS))
    assert explained == set(DEFAULTS)


@each
def test_documents_name_no_other_setting(document):
    named = set(re.findall(r"ETRACKING_([A-Z_]+[A-Z])", document.read_text(encoding="utf-8")))
    assert named <= set(DEFAULTS)


def test_the_defaults_in_the_table_are_those_of_the_code():
    rows = re.findall(r"^\| `ETRACKING_(\w+)` \| `([^`]*)` \|", SETTINGS, re.MULTILINE)
    assert len(rows) > 15
    for name, default in rows:
        value = DEFAULTS[name]
        shown = str(value).lower() if isinstance(value, bool) else str(value).replace("'", '"')
        assert shown == default, name
