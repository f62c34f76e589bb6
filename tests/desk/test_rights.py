"""What each role may do: every address by every role, against a matrix written here, and the table of rights against it.

The matrix knows pages and roles only, no right by its name: what the table and the declarations get wrong shows here.
"""

import re

import pytest
from werkzeug.routing import Rule

from blueprints.accounts import guard
from models import Dossier, Staff
from models.staff import accounts, rights
from models.staff.staff import ROLES
from models.systems.system import System
from paths import ROOT
from support.desk_pages import variables
from support.site import account, signed_in
from support.visitor import Visitor
from wording import staff as staff_words

EVERYBODY, DECIDING, ADMINS = {"clerk", "helpdesk", "admin"}, {"clerk", "admin"}, {"admin"}
PAGES = {
    "desk": [
        (EVERYBODY, "index show scan numbers numbers_csv dossiers_csv"),
        (EVERYBODY, "registrations add_registration show_registration"),
        (EVERYBODY, "helpdesk_page look_up_contact show_contact handle_contact show_notification send_again"),
        (DECIDING, "change_status correct_arrival add_papers return_originals undo write_note assign"),
        (DECIDING, "plan_bulk show_bulk carry_out_bulk undo_bulk"),
        (
            DECIDING,
            "post_bag open_bag add_read change_read show_envelope open_envelope show_bag undo_bag arrivals find_arrivals",
        ),
        (ADMINS, "audit audit_csv texts text_html returned_mails returned_mail finish_returned_mail"),
    ],
    "systems": [(ADMINS, "show add show_system add_token ask_to_revoke_token revoke_token ask_to_revoke revoke")],
    "staff": [(ADMINS, "show invite change reset decide")],
    "account": [
        (EVERYBODY, "show ask prove prove_by_passkey challenge add_passkey remove_passkey authenticator"),
        (
            EVERYBODY,
            "add_authenticator remove_authenticator password change_password renew_recovery_codes end_sessions",
        ),
    ],
}
MATRIX = {
    f"{blueprint}.{view}": roles for blueprint, rows in PAGES.items() for roles, views in rows for view in views.split()
}
MENU = {
    "/desk": EVERYBODY,
    "/desk/post-bag": DECIDING,
    "/desk/arrivals": DECIDING,
    "/desk/registrations": EVERYBODY,
    "/desk/helpdesk": EVERYBODY,
    "/desk/numbers": EVERYBODY,
    "/desk/staff": ADMINS,
    "/desk/systems": ADMINS,
    "/desk/texts": ADMINS,
    "/desk/returned": ADMINS,
    "/desk/audit": ADMINS,
}
OF_EVERYBODY = {"pwa.desk_manifest"}  # under /desk, and open: a browser asks for it without cookies
NEW = "archive"  # a role that somebody has just added, and gave no rights
COMPARED = re.compile(r"""\brole\b\S*?\s*(==|!=|\bin\b|\bnot in\b|\.in_)\s*[(\[{]*["']""")


@pytest.fixture(autouse=True)
def without_tokens(app):
    """A role that opens no page could not read the token of a form, and would be refused for that."""
    app.config["WTF_CSRF_ENABLED"] = False


def person(role: str, form) -> Staff:
    """An account of this role that has a session, also where nothing opens such accounts."""
    return account(f"{role}@example.lu", role, form.procedure.authority if role in ("clerk", "system") else None)


def walk(app, dossier: Dossier) -> list[tuple[str, Rule, str]]:
    """Every address of the site that these values fit, with each of its methods."""
    known = variables(dossier) | {"slug": "rent-subsidy", "form": "application", "token": "x", "filename": "site.css"}
    known |= dict.fromkeys(("account", "passkey", "approval", "system", "api_token"), 999_999)
    addresses = app.url_map.bind("localhost")
    return [
        (method, rule, addresses.build(rule.endpoint, {name: known[name] for name in rule.arguments}, method))
        for rule in app.url_map.iter_rules()
        if rule.arguments <= set(known)
        for method in sorted(rule.methods - {"OPTIONS"})
    ]


def staff_pages(app, dossier: Dossier) -> list[tuple[str, str, str]]:
    """Method, endpoint and address of every page of the staff."""
    found = walk(app, dossier)
    return [(method, rule.endpoint, path) for method, rule, path in found if rule.endpoint in MATRIX]


def opened(app, dossier: Dossier, browser: Visitor) -> set[tuple[str, str]]:
    """The pages of the staff that let this browser in; each other one answers 403."""
    found = set()
    for method, endpoint, path in staff_pages(app, dossier):
        answer = browser.open(path, method)
        assert answer.headers.get("Location") != "/sign-in", f"{method} {path}"
        if answer.status_code != 403:
            found.add((method, endpoint))
    return found


def test_matrix_names_every_address_of_the_staff(app, dossier):
    under_desk = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith("/desk")}
    assert under_desk - OF_EVERYBODY == set(MATRIX)
    assert {endpoint for _method, endpoint, _path in staff_pages(app, dossier)} == set(MATRIX)


@pytest.mark.parametrize("role", ["clerk", "helpdesk", "admin", "system", NEW])
def test_each_role_opens_exactly_its_pages(app, form, dossier, role):
    expected = {(method, name) for method, name, _path in staff_pages(app, dossier) if role in MATRIX[name]}
    assert opened(app, dossier, signed_in(app, person(role, form))) == expected
    assert bool(expected) == (role in ("clerk", "helpdesk", "admin"))


def test_nobody_opens_any_of_them_without_a_session(app, visitor, dossier):
    for method, _endpoint, path in staff_pages(app, dossier):
        answer = visitor.open(path, method)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in"), f"{method} {path}"
        part = visitor.open(path, method, htmx=True)
        assert (part.status_code, part.headers["HX-Redirect"]) == (204, "/sign-in"), f"{method} {path}"


@pytest.mark.parametrize("role", ["clerk", "helpdesk", "admin", "system", NEW])
def test_all_else_is_as_open_to_staff_as_to_everybody(app, form, visitor, dossier, role):
    browser = signed_in(app, person(role, form))
    for method, rule, path in walk(app, dossier):
        if method != "POST" and rule.endpoint not in MATRIX and not rule.endpoint.startswith("sign_in."):
            assert browser.open(path, method).status_code == visitor.open(path, method).status_code, f"{method} {path}"


def test_table_gives_the_pages_that_the_matrix_has(app):
    of_blueprint = {"staff": "accounts", "account": "sign-in", "systems": "systems"}
    for endpoint, roles in MATRIX.items():
        right = of_blueprint.get(endpoint.partition(".")[0]) or guard.needed(app.view_functions[endpoint])
        assert right and set(rights.roles_with(right)) == roles, endpoint


def test_role_has_what_its_row_says_from_the_moment_it_is_there(app, form, dossier, monkeypatch):
    browser = signed_in(app, account("new@example.lu", NEW))
    monkeypatch.setitem(rights.RIGHTS, NEW, frozenset())
    assert opened(app, dossier, browser) == set()
    monkeypatch.setitem(rights.RIGHTS, NEW, frozenset({"sign-in", "look"}))
    names = {name for _method, name in opened(app, dossier, browser)}
    looking = {f"desk.{view}" for view in ("index", "show", "scan", "numbers", "numbers_csv", "dossiers_csv")}
    assert names == looking | {name for name in MATRIX if name.startswith("account.")}


def test_view_that_declares_no_right_opens_to_nobody(app, form, monkeypatch):
    browser = signed_in(app, person("admin", form))
    assert browser.open("/desk/numbers").status_code == 200
    monkeypatch.delitem(vars(app.view_functions["desk.numbers"]), "needs")
    assert browser.open("/desk/numbers").status_code == 403
    assert guard.needed(app.view_functions["home.show"]) is None


@pytest.mark.parametrize(("role", "status"), [("helpdesk", 403), ("clerk", 422), ("admin", 422)])
def test_number_for_papers_that_are_here_is_given_out_by_who_may_record_arrivals(app, form, role, status):
    browser = signed_in(app, person(role, form))
    answer = browser.open("/desk/registrations", "POST", data={"key": "a key", "here": "1"})
    assert answer.status_code == status and not Dossier.select().exists()


@pytest.mark.parametrize("role", ["clerk", "helpdesk", "admin"])
def test_menu_names_what_the_role_opens_and_nothing_else(app, form, role):
    browser = signed_in(app, person(role, form))
    links = [link["href"] for link in browser.get("/desk").soup.select("nav.pages a")]
    assert links == [path for path, roles in MENU.items() if role in roles]
    assert all(browser.get(path) for path in links)


def test_interface_opens_to_systems_only(app, form):
    system, keys = System.add(form.procedure.authority, "files")
    token = {"Authorization": f"Bearer {keys.token}"}
    assert Visitor(app).open("/api/v1/dossiers", headers=token).status_code == 200
    for role in ("clerk", "helpdesk", "admin", NEW):
        Staff.update(role=role).where(Staff.id == system.staff.id).execute()
        assert Visitor(app).open("/api/v1/dossiers", headers=token).status_code == 401


def test_right_that_does_not_exist_is_a_fault():
    with pytest.raises(ValueError, match="mvoe"):
        rights.may("admin", "mvoe")
    assert not rights.may(NEW, "look")


def test_every_role_that_signs_in_has_a_name_on_screen(app):
    assert set(ROLES) == EVERYBODY
    with app.test_request_context():
        assert all(staff_words.role(role) != role for role in ROLES)


def test_account_belongs_to_an_authority_unless_its_role_sees_all(form):
    assert [rights.has_authority(role) for role in rights.RIGHTS] == [True, False, False, True]
    for role, authority in (("admin", form.procedure.authority), ("clerk", None), ("system", form.procedure.authority)):
        with pytest.raises(ValueError, match="belongs to one authority"):
            accounts.add("new@example.lu", role, authority, "a password of many letters")


def test_no_page_and_no_model_asks_for_a_role_by_its_name():
    """What is open to "everybody but the helpdesk" is open to every role that somebody adds."""
    places = [
        path for folder in ("blueprints", "models", "wording", "senders") for path in (ROOT / folder).rglob("*.py")
    ]
    places += (ROOT / "templates").rglob("*.html")
    allowed = {ROOT / "models/staff/staff.py", ROOT / "models/staff/rights.py"}
    lines = [(path, line) for path in places if path not in allowed for line in path.read_text().splitlines()]
    assert not [f"{path.name}: {line}" for path, line in lines if COMPARED.search(line)]
    assert COMPARED.search('if g.staff.role != "helpdesk":') and COMPARED.search(
        "staff.role not in ('helpdesk', 'admin')"
    )
    assert COMPARED.search("Staff.role.in_(('clerk',))") and not COMPARED.search("role in rights.roles_with('look')")
