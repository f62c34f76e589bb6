"""The desk's first page: closed to strangers, and each clerk sees the dossiers of the own authority, and only those."""

import pytest
from playhouse.test_utils import assert_query_count

from blueprints.desk.work_list import PAGE_ROWS
from models import Authority, Dossier, Form, Procedure, today
from models.dossiers.kinds import STATUSES
from models.dossiers.moves import Move
from models.dossiers.number import grouped, new_number
from support.desk_pages import variables
from support.lists import counted, listed
from support.site import signed_in
from support.visitor import Visitor


@pytest.fixture
def dossiers(form) -> list[Dossier]:
    """Two dossiers of the clerk's authority and one of another, the newest last."""
    other = Form.select().join(Procedure).where(Procedure.authority != form.procedure.authority, Form.tracked).first()
    return [Dossier.announce(form, "en", f"key-{index}") for index, form in enumerate((form, form, other))]


def desk_routes(app, dossier: Dossier) -> list[tuple[str, str]]:
    """Every address of the desk, each with a method it takes."""
    adapter = app.url_map.bind("localhost")
    values = variables(dossier)
    return [
        (method, adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}, method))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("desk.")
        for method in sorted(rule.methods & {"GET", "POST"})
    ]


def test_desk_is_closed_to_strangers_without_a_word_about_what_is_there(app, visitor, dossier):
    routes = desk_routes(app, dossier)
    assert len(routes) >= 5
    token = visitor.get("/sign-in").soup.select_one("[name=csrf_token]")["value"]
    for method, path in routes:
        data = {"csrf_token": token} if method == "POST" else None
        answer = visitor.open(path, method, data=data)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in"), path
        answer = visitor.open(path, method, data=data, htmx=True)
        assert (answer.status_code, answer.headers["HX-Redirect"], answer.data) == (204, "/sign-in", b""), path
    assert Dossier.get().version == 1


def test_change_without_the_token_of_the_page_is_refused(app, desk, dossier):
    for method, path in desk_routes(app, dossier):
        if method == "POST":
            data = {"to": "received", "version": 1, "arrived_on": today().isoformat(), "event": 1}
            for wrong in ({}, {"csrf_token": "invented"}):
                answer = desk.open(path, "POST", data=data | wrong)
                assert answer.status_code == 400 and "Please send this once more" in answer.text
    assert Dossier.get().version == 1


@pytest.mark.long
def test_every_address_takes_its_own_method_only(app, desk, dossier):
    token = desk.get("/desk").soup.select_one("[name=csrf_token]")["value"]
    for method, path in desk_routes(app, dossier):
        taken = {also for also, same in desk_routes(app, dossier) if same == path}
        for wrong in {"GET", "POST", "PUT", "PATCH", "DELETE"} - taken:
            answer = desk.open(path, wrong, headers={"X-CSRFToken": token})
            assert answer.status_code == 405 and method in answer.headers["Allow"], f"{wrong} {path}"


def test_list_shows_the_own_authority_the_latest_change_first(desk, clerk, dossiers):
    address = "/desk?status=all&sort=changed"
    assert listed(desk.get(address)) == [grouped(dossiers[1].number), grouped(dossiers[0].number)]
    dossiers[0].move(Move("received", by=clerk, version=1, arrived_on=today()))
    assert listed(desk.get(address)) == [grouped(dossiers[0].number), grouped(dossiers[1].number)]
    assert listed(desk.get("/desk")) == [grouped(dossiers[0].number)]  # what has arrived and is not decided


def test_dossier_of_another_authority_looks_like_one_that_is_not_there(app, desk, dossiers):
    foreign, unknown = dossiers[2].number, new_number()
    token = desk.get("/desk").soup.select_one("[name=csrf_token]")["value"]
    for method, path in desk_routes(app, dossiers[2]):
        if foreign in path:
            data = {"csrf_token": token} if method == "POST" else None
            answers = [desk.open(path.replace(foreign, number), method, data=data) for number in (foreign, unknown)]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert answers[0].text.replace(foreign, unknown) == answers[1].text
            assert dossiers[2].authority.name["en"] not in answers[0].text
    assert Dossier.get_by_id(dossiers[2].id).version == 1


def test_helpdesk_and_admin_see_every_authority(app, helpdesk, dossiers):
    browser = signed_in(app, helpdesk)
    page = browser.get("/desk?status=all")
    assert len(listed(page)) == 3 and counted(page)["all"] == 3
    for dossier in dossiers:
        assert browser.get(f"/desk/dossiers/{dossier.number}").title == grouped(dossier.number)


def test_filters_and_counts_tell_of_the_own_authority_only(desk, clerk, dossiers):
    dossiers[0].move(Move("received", by=clerk, version=1, arrived_on=today()))
    page = desk.get("/desk")
    assert counted(page) == dict.fromkeys(STATUSES, 0) | {"": 1, "all": 2, "announced": 1, "received": 1}
    for status, expected in (("announced", [1]), ("received", [0]), ("decided", [])):
        page = desk.get(f"/desk?status={status}")
        assert listed(page) == [grouped(dossiers[index].number) for index in expected]
        assert [option["value"] for option in page.soup.select("#status [selected]")] == [status]
    assert "Nothing here with these filters." in page.text


def test_new_desk_says_when_its_list_will_fill(desk):
    assert "No dossiers here yet" in desk.get("/desk").text


@pytest.mark.parametrize(
    "query",
    ["due=nonsense", "due=", "page=0", "page=-3", "page=x", "page=1", "sort=up", "assignee=x", "number=%F0%9F%92%8C"]
    + ["assignee=²", "procedure=", "status=all&status=decided"],
)
def test_odd_filters_show_the_first_page(desk, dossiers, query):
    assert len(listed(desk.get(f"/desk?status=all&{query}"))) == 2


@pytest.mark.parametrize("query", ["assignee=999999999", "procedure=nowhere", "number=ZZZZ", "number=" + "9" * 90])
def test_filter_that_nothing_passes_shows_nothing(desk, dossiers, query):
    assert listed(desk.get(f"/desk?status=all&{query}")) == []


@pytest.mark.parametrize("page", ["2", "10000", "9" * 40])
def test_page_beyond_the_last_is_empty(desk, dossiers, page):
    assert listed(desk.get(f"/desk?page={page}")) == []


def test_long_list_is_paged_and_keeps_its_filter(desk, form, dossiers):
    numbers = [Dossier.announce(form, "en", f"more-{index}").number for index in range(PAGE_ROWS + 3)]
    everything = [grouped(number) for number in [*reversed(numbers), dossiers[1].number, dossiers[0].number]]
    first = desk.get("/desk?status=announced")
    assert listed(first) == everything[:PAGE_ROWS] and not first.soup.select("#index a[rel=prev]")
    second = desk.get(first.soup.select_one("#index a[rel=next]")["href"])
    assert listed(second) == everything[PAGE_ROWS:] and not second.soup.select("#index a[rel=next]")
    assert counted(second)["announced"] == len(everything)
    assert listed(desk.get(second.soup.select_one("#index a[rel=prev]")["href"])) == listed(first)


@pytest.mark.parametrize("many", [1, PAGE_ROWS])
def test_list_costs_the_same_few_queries_however_long_it_is(desk, form, many):
    for index in range(many):
        Dossier.announce(form, "en", f"key-{index}")
    with assert_query_count(7):  # session, colleagues, procedures, two of counts, ids, rows
        desk.get("/desk?status=all")


def test_page_of_a_dossier_costs_the_same_queries_however_long_its_history_is(desk, clerk, dossier):
    path = f"/desk/dossiers/{dossier.number}"
    steps = ["received", "examination", "incomplete", "received", "examination", "incomplete"]
    for version, to in enumerate(steps, 1):
        dossier.move(Move(to, by=clerk, version=version, arrived_on=today() if to == "received" else None))
        if version in (3, 6):
            with assert_query_count(13 if version == 3 else 11):  # the first time it is opened, two for the audit log
                desk.get(path)


@pytest.mark.parametrize("path", ["/desk", "/desk?status=received", "/desk/dossiers/{number}"])
def test_htmx_gets_a_part_and_everybody_else_the_page(desk, dossier, path):
    address = path.format(number=dossier.number)
    part, page = desk.get(address, htmx=True), desk.get(address)
    assert " ".join(part.soup.get_text(" ").split()) in page.text and not part.soup.find("header")
    for answer in (part, page):
        assert answer.response.headers["Cache-Control"] == "no-store"
        assert "HX-Request" in answer.response.headers["Vary"]


def test_desk_says_where_one_is_and_is_found_by_no_search_engine(app, desk, clerk, helpdesk):
    page = desk.get("/desk")
    assert Authority.get_by_id(clerk.authority.id).name["en"] in page.soup.header.get_text()
    assert "noindex" in page.soup.select_one("meta[name=robots]")["content"]
    assert "Your account: Helpdesk" in signed_in(app, helpdesk).get("/desk").soup.header.get_text()


@pytest.mark.parametrize("language", ["de", "fr", "lb"])
def test_desk_speaks_the_language_of_the_clerk(app, clerk, dossier, language):
    browser = signed_in(app, clerk)
    browser.language = language
    for path in ("/desk", f"/desk/dossiers/{dossier.number}"):
        page = browser.get(path)
        assert page.soup.html["lang"] == language and "Not arrived yet" not in page.text


def test_list_works_on_both_databases(either, clerk, dossier):
    browser: Visitor = signed_in(either, clerk)
    assert listed(browser.get("/desk?status=all")) == [grouped(dossier.number)]
    assert counted(browser.get("/desk?status=received"))["announced"] == 1
    filters = f"status=announced&assignee=nobody&number={dossier.number[:4].lower()}&procedure=rent-subsidy"
    assert listed(browser.get(f"/desk?{filters}&due=7")) == []
    assert listed(browser.get(f"/desk?{filters}")) == [grouped(dossier.number)]
    assert listed(browser.get(f"/desk?page={'9' * 40}")) == []


@pytest.mark.parametrize("language", ["de", "fr", "en", "lb"])
def test_desk_is_an_app_of_its_own_on_the_home_screen(desk, language):
    page = desk.get(f"/desk?lang={language}")
    manifest = desk.open(page.soup.select_one("link[rel=manifest]")["href"]).json
    assert manifest["id"] == manifest["scope"] == manifest["start_url"] == "/desk"
    assert manifest["lang"] == language and manifest["name"] and len(manifest["short_name"]) <= 12
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
