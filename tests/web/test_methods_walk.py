"""Looking changes nothing: GET, HEAD and OPTIONS of every address. HEAD answers as GET does, without the body."""

import pytest
from werkzeug.routing import Rule

from models import db
from support.routes import METRICS_TOKEN, Site
from support.sending import close
from support.site import running

SAFE = {"GET", "HEAD", "OPTIONS"}
FREE = {"Date"}
COUNTED = {"counter", "tries", "used"}  # how often somebody looked something up: that is what they are for
# What else is written down when somebody looks, and why.
WRITTEN: dict[str, set[str]] = {}


@pytest.fixture
def site(sqlite_url, tmp_path):
    app = running(sqlite_url, INBOX=True, INBOX_DIR=str(tmp_path / "inbox"), METRICS_TOKEN=METRICS_TOKEN)
    db.connect(reuse_if_open=True)
    site = Site(app)
    yield site
    site.story.end()
    close()


def rows() -> dict[str, list[tuple]]:
    """Every row of every table."""
    columns = {"form_file": "id, fingerprint"}  # the PDFs are large
    queries = {table: f'SELECT {columns.get(table, "*")} FROM "{table}"' for table in db.get_tables()}  # noqa: S608
    return {table: db.execute_sql(query).fetchall() for table, query in queries.items()}


def changed(before: dict[str, list[tuple]]) -> set[str]:
    now = rows()
    return {table for table in now if now[table] != before[table]} - COUNTED


def headers(answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in FREE}


def readable(app) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if "GET" in rule.methods]


def skip_each_function_of_a_page_takes_one_method(app):
    methods: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        methods.setdefault(rule.endpoint, set()).update(rule.methods - {"HEAD", "OPTIONS"})
    assert not {endpoint: taken for endpoint, taken in methods.items() if len(taken) != 1}


def test_looking_at_any_address_changes_nothing_and_head_answers_as_get(site):
    wrong = {}
    for rule in readable(site.app):
        before = rows()
        got = site.open(rule, "GET")
        after_get, before = changed(before), rows()
        head = site.open(rule, "HEAD")
        after_head = changed(before)
        same = (got.status_code, headers(got)) == (head.status_code, headers(head)) and not head.data
        written = (after_get | after_head) - WRITTEN.get(rule.endpoint, set())
        if got.status_code >= 400 or not same or written:
            wrong[rule.endpoint] = (
                got.status,
                head.status,
                written,
                set(headers(got).items()) ^ set(headers(head).items()),
            )
    assert not wrong


def test_options_names_the_methods_and_changes_nothing(site):
    for rule in site.app.url_map.iter_rules():
        before = rows()
        answer = site.open(rule, "OPTIONS")
        assert rows() == before and answer.status_code == 200 and rule.methods <= answer.allow, rule
        assert not answer.data
