"""Looking changes nothing: GET, HEAD and OPTIONS of every address. HEAD answers as GET does, without the body."""

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from models import db
from support import production
from support.routes import METRICS_TOKEN, Site
from support.sending import close
from support.site import running

# The length of a body that was not made is not known; each request has an id of its own.
FREE_HEADERS = {"Date", "Content-Length", "X-Request-ID"}
EXPORTS = ("desk.audit_csv", "desk.numbers_csv", "desk.dossiers_csv")
COUNTED = {"counter"}  # rate limits: how often somebody asked is what they are for
# Where nothing is shown, but something else is opened: the status both have.
ELSEWHERE = {
    "contacts.show_stop": 302,  # the page with the button: a link alone stops nothing
    "sign_in.second_step": 303,  # nobody has given a password just now
    "account.authenticator": 303,  # asks for a passkey or a second factor first
    "desk.scan": 303,  # the dossier
}
# What else is written down when somebody looks, by the method and the page, and why.
WRITTEN = {
    **{(method, "health.ready"): {"heartbeat"} for method in ("GET", "HEAD")},  # can the database be written?
    ("GET", "captcha.picture"): {"used"},  # one rendering of each code: a program could average several
    # Every export is audited as soon as it is asked for, before the first row leaves.
    **{(method, name): {"audit"} for method in ("GET", "HEAD") for name in EXPORTS},
    # So is who of the staff opened a dossier or the log itself.
    **{(method, name): {"audit"} for method in ("GET", "HEAD") for name in ("desk.show", "desk.audit")},
    # And who read a mail that came back, which counts as seen from then on.
    **{(method, "desk.returned_mail"): {"audit", "kept_mail"} for method in ("GET", "HEAD")},
    # What this process has counted is added before it is told.
    **{(method, "metrics.show"): {"security_count"} for method in ("GET", "HEAD")},
}


@pytest.fixture
def development(sqlite_url, tmp_path):
    app = running(sqlite_url, INBOX=True, INBOX_DIR=str(tmp_path / "inbox"), METRICS_TOKEN=METRICS_TOKEN)
    db.connect(reuse_if_open=True)
    return Site(app)


@pytest.fixture
def real(sqlite_url, mail_server, sms_provider, certificate):
    """In production, with servers for mail and SMS."""
    senders = mail_server.settings | sms_provider.settings | {"MAIL_CA_FILE": str(certificate)}
    app = production.site(sqlite_url, METRICS_TOKEN=METRICS_TOKEN, **senders)
    db.connect(reuse_if_open=True)
    return Site(app, post=production.Letterbox(mail_server, sms_provider))


@pytest.fixture(params=["development", "real"])
def site(request):
    site = request.getfixturevalue(request.param)
    yield site
    site.story.end()
    close()


def rows() -> dict[str, list[tuple]]:
    """Every row of every table."""
    columns = {"form_file": "id, fingerprint"}  # the PDFs are large
    queries = {table: f'SELECT {columns.get(table, "*")} FROM "{table}"' for table in db.get_tables()}  # noqa: S608
    return {table: db.execute_sql(query).fetchall() for table, query in queries.items()}


class Watched:
    """The site, and what each request changes in its database."""

    def __init__(self, site: Site) -> None:
        self.site, self.rows = site, rows()

    def ask(self, rule: Rule, method: str) -> tuple[TestResponse, set[str]]:
        """The answer, and the tables that are not as they were and should be."""
        answer, before = self.site.open(rule, method), self.rows
        self.rows = rows()
        changed = {table for table in self.rows if self.rows[table] != before[table]}
        return answer, changed - COUNTED - WRITTEN.get((method, rule.endpoint), set())


def headers(answer: TestResponse) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in FREE_HEADERS}


@pytest.mark.long
def test_looking_at_any_address_changes_nothing_and_head_answers_as_get(site):
    wrong, watched = {}, Watched(site)
    for rule in site.app.url_map.iter_rules():
        if "GET" in rule.methods:
            head, changed_by_head = watched.ask(rule, "HEAD")
            got, changed_by_get = watched.ask(rule, "GET")
            differing = headers(got).items() ^ headers(head).items()
            if (
                {got.status_code, head.status_code} != {ELSEWHERE.get(rule.endpoint, 200)}
                or changed_by_get | changed_by_head
                or differing
            ):
                wrong[rule.rule] = got.status, head.status, changed_by_get, changed_by_head, differing
            assert not head.data, rule
    assert not wrong, "\n".join(f"{rule}: {what}" for rule, what in wrong.items())


@pytest.mark.long
@pytest.mark.parametrize("site", ["real"], indirect=True)
def test_options_names_the_methods_and_changes_nothing(site):
    before = rows()
    for rule in site.app.url_map.iter_rules():
        if rule.endpoint == "static":  # what is built is served before Flask, by GET and HEAD only
            continue
        answer = site.open(rule, "OPTIONS")
        assert answer.status_code == 200 and rule.methods <= answer.allow and not answer.data, rule
    now = rows()
    assert {table for table in now if now[table] != before[table]} <= COUNTED
