"""Nobody at the desk sees, counts, exports or changes another authority's: every address, every role, both sides."""

import ast

import pytest
from werkzeug.routing import Rule

from models import Audit, Batch, Contact, Dossier, Form, Note, Notification, Procedure, db, today
from models.dossiers.moves import Move
from models.dossiers.number import grouped
from paths import ROOT
from support.desk_pages import variables
from support.site import account, signed_in
from support.visitor import Visitor

DESK = ROOT / "blueprints" / "desk"
GUARDED = {"Dossier", "Event", "Contact", "Notification", "Note", "Batch", "Read", "Audit"}
QUERIES = {"select", "get", "get_or_none", "get_by_id", "filter", "update", "delete", "delete_by_id", "raw", "insert"}
ROLES = ("clerk", "helpdesk", "admin")


class Side:
    """An authority with a clerk, a dossier in the middle of its life, and all that belongs to it."""

    def __init__(self, app, form: Form, name: str) -> None:
        self.clerk = account(f"{name}@example.lu", "clerk", form.procedure.authority)
        self.dossier = Dossier.announce(form, "en", f"key-{name}", [("email", f"{name}@example.org")])
        self.batch = Batch.begin(self.clerk, "post-bag")
        self.dossier.move(Move("received", by=self.clerk, version=1, arrived_on=today(), batch=self.batch))
        self.dossier.move(
            Move("incomplete", by=self.clerk, version=2, missing=["Lease"], note=f"public word of {name}")
        )
        self.note = Note.write(self.dossier, self.clerk, f"internal word of {name}")
        self.contact = Contact.get(Contact.dossier == self.dossier)
        self.notification = Notification.select().where(Notification.contact == self.contact).first()
        Notification.update(state="failed", run_at=None).where(Notification.contact == self.contact).execute()
        Contact.update(failed_at=self.dossier.changed_at).where(Contact.id == self.contact.id).execute()
        self.marks = [self.dossier.number, grouped(self.dossier.number), f"word of {name}", f"{name}@example"]

    def values(self, rule: Rule) -> dict[str, object]:
        """What the variables of an address stand for, so that it is about this side."""
        own = {
            "bag": self.batch.id,
            "batch": self.batch.id,
            "contact": self.contact.id,
            "notification": self.notification.id,
        }
        known = variables(self.dossier) | own
        return {name: known[name] for name in rule.arguments}

    def rows(self) -> list[tuple]:
        """All that is stored about this side's dossier."""
        tables = {"dossier": self.dossier.id, "contact": self.contact.id, "notification": self.notification.id}
        return [db.execute_sql(f"SELECT * FROM {name} WHERE id = {key}").fetchall() for name, key in tables.items()]  # noqa: S608


@pytest.fixture
def sides(app, form) -> tuple[Side, Side]:
    other = Form.select().join(Procedure).where(Procedure.authority != form.procedure.authority, Form.tracked).first()
    return Side(app, form, "hawthorn"), Side(app, other, "buckthorn")


def desk_rules(app) -> list[tuple[str, Rule]]:
    """Every address of the desk with each of its methods. Own account and accounts of the staff have their own tests."""
    return [
        (method, rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("desk.")
        for method in sorted(rule.methods & {"GET", "POST"})
    ]


def ask(app, browser: Visitor, method: str, rule: Rule, side: Side, token: str):
    path = app.url_map.bind("localhost").build(rule.endpoint, side.values(rule), method)
    typed = {
        "csrf_token": token,
        "version": side.dossier.version,
        "to": "examination",
        "act": "unmask",
        "reason": "status",
        "address": f"{side.clerk.email.partition('@')[0]}@example.org",
    }
    return browser.open(path, method, data=typed if method == "POST" else None)


def token_of(browser: Visitor) -> str:
    return browser.get("/desk/helpdesk").soup.select_one("[name=csrf_token]")["value"]


def test_clerk_gets_nothing_of_the_other_authority_from_any_address(app, sides):
    for mine, theirs in (sides, sides[::-1]):
        browser = signed_in(app, mine.clerk)
        token, before = token_of(browser), theirs.rows()
        for method, rule in desk_rules(app):
            answer = ask(app, browser, method, rule, theirs, token)
            about_it = rule.arguments - {"name", "kind", "language"}
            assert not about_it or answer.status_code in (403, 404), f"{method} {rule}: {answer.status}"
            asked = "number" in rule.arguments  # then the page that knows nothing about it may say it back
            leaked = [mark for mark in theirs.marks[2 * asked :] if mark in answer.text]
            assert not leaked, f"{method} {rule} names {leaked}"
        assert theirs.rows() == before
        assert not Audit.select().where((Audit.staff == mine.clerk.id) & (Audit.dossier == theirs.dossier.id)).exists()


def test_clerk_reaches_the_own_side_by_the_same_addresses(app, sides):
    """Otherwise the test above would prove nothing."""
    mine, _theirs = sides
    browser = signed_in(app, mine.clerk)
    seen = "".join(ask(app, browser, "GET", rule, mine, "").text for method, rule in desk_rules(app) if method == "GET")
    assert all(mark in seen for mark in mine.marks[:3])


@pytest.mark.parametrize("role", ["helpdesk", "admin"])
def test_those_who_see_all_reach_both_sides_and_no_address_breaks(app, sides, role):
    browser = signed_in(app, account(f"{role}@example.lu", role))
    for side in sides:
        for method, rule in desk_rules(app):
            if method == "GET":
                answer = ask(app, browser, method, rule, side, "")
                expected = (200, 303, 403) if role == "helpdesk" else (200, 303)
                missing = answer.status_code == 404 and (
                    rule.endpoint == "desk.scan" or {"bag", "batch", "mail"} & rule.arguments
                )
                assert missing or answer.status_code in expected, f"{rule}: {answer.status}"
        assert side.dossier.number in browser.get(f"/desk/dossiers/{side.dossier.number}").html


def test_helpdesk_moves_nothing_whatever_it_sends(app, sides):
    browser = signed_in(app, account("helpdesk@example.lu", "helpdesk"))
    token, side = token_of(browser), sides[0]
    before = Dossier.get_by_id(side.dossier.id)
    for method, rule in desk_rules(app):
        if method == "POST":
            assert ask(app, browser, method, rule, side, token).status_code < 500, rule
    after = Dossier.get_by_id(side.dossier.id)
    assert (after.status, after.version, after.authority_id) == (before.status, before.version, before.authority_id)


@pytest.mark.parametrize("path", sorted(DESK.glob("*.py")), ids=lambda path: path.name)
def test_no_module_of_the_desk_asks_for_rows_but_through_the_scope(path):
    """Every query begins with g.scope, which knows whose rows they may be; or at a row that came from there."""
    found = [
        f"{path.name}:{node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in QUERIES
        if isinstance(node.value, ast.Name) and node.value.id in GUARDED
    ]
    assert not found


def test_rule_about_the_scope_sees_what_it_forbids():
    tree = ast.parse("Dossier.select()")
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in QUERIES]
    assert [name.value.id in GUARDED for name in names] == [True]
