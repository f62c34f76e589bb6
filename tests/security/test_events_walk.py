"""A walk over the table of security events: each is provoked over HTTP, and gives exactly one line and one count."""

import ast
import json
from collections import Counter

import pytest

from models import SecurityCount, db
from models.security import events
from models.staff.audit import AS_EVENTS
from paths import ROOT
from support import webhooks
from support.attacks import ATTACKS, CANARIES, World
from support.attacks_on_limits import BESIDE
from support.routes import METRICS_TOKEN
from support.site import running

ELSEWHERE = {"audit-missed": "tests/desk/test_disclosure.py"}  # kinds that have tests of their own


@pytest.fixture
def world(sqlite_url, monkeypatch):
    settings = webhooks.SETTINGS | {"METRICS_TOKEN": METRICS_TOKEN}
    app = running(sqlite_url, **settings)
    db.connect(reuse_if_open=True)
    yield World(app=app, patch=monkeypatch)
    events.flush()
    db.close()


def counted() -> dict[tuple[str, str], int]:
    events.flush()
    return SecurityCount.totals()


@pytest.mark.parametrize("kind, detail", ATTACKS, ids=lambda value: value)
def test_each_gives_one_line_and_one_count_without_anything_of_a_person(world, log, form, kind, detail):
    world.form = form
    act = ATTACKS[kind, detail](world)
    before = counted()
    log.truncate(0)
    act()
    lines = [json.loads(line) for line in log.getvalue().lstrip("\0").splitlines()]
    told = [line for line in lines if line["logger"] == "etracking.security"]
    expected = [(kind, detail), *([BESIDE[kind, detail]] if (kind, detail) in BESIDE else [])]
    assert [(line["kind"], line["detail"]) for line in told] == expected
    assert {key: count - before[key] for key, count in counted().items() if count != before[key]} == Counter(expected)
    assert len(told[0]["visitor"]) == 12 and len(told[0]["request_id"]) == 32
    assert told[0]["endpoint"] in {"", *world.app.view_functions}
    assert [word for word in CANARIES if word.lower() in json.dumps(lines).lower()] == []


def recorded() -> set[tuple[str, str]]:
    """What the code records: kinds, with their details where they stand in the call."""
    found = set()
    for folder in ("models", "blueprints", "commands", "web"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "events.record" and node.args:
                    kind, detail = node.args
                    if isinstance(kind, ast.Constant):
                        found.add((kind.value, detail.value if isinstance(detail, ast.Constant) else ""))
    return found


def test_every_kind_is_recorded_and_provoked_and_no_other():
    calls = recorded()
    assert {(kind, detail) for kind, detail in calls if detail and detail not in events.KINDS[kind]} == set()
    by_audit = {kind for kind, _detail in AS_EVENTS.values()}
    assert {kind for kind, _detail in calls} | by_audit | set(ELSEWHERE) == set(events.KINDS)
    assert {kind for kind, _detail in ATTACKS} | by_audit | set(ELSEWHERE) == set(events.KINDS)
    assert set(ATTACKS) >= {(kind, detail) for kind, detail in calls if detail and kind not in ELSEWHERE}
