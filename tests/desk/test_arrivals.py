"""Paper without a usable code: found by how its number begins, or given one; and numbers for callers."""

import datetime as dt

import pytest

from blueprints.public import contact_limits
from models import Audit, Contact, Dossier, Event, Form, Notification, Procedure, today
from models.dossiers.moves import Act, Move
from models.dossiers.number import grouped
from models.notifications import consent
from support.desk_pages import LONG_AGO, TOMORROW, YESTERDAY, send, stored
from support.site import account, signed_in
from support.visitor import Page, Visitor


def find(desk: Visitor, begin: str, status: int = 200, procedure: str = "rent-subsidy", **kwargs) -> Page:
    return desk.submit(desk.get("/desk/arrivals"), "/desk/arrivals", status, begin=begin, procedure=procedure, **kwargs)


def rows(page: Page) -> list[str]:
    return [cell.get_text(strip=True) for cell in page.soup.select("tbody th")]


def give(desk: Visitor, status: int = 200, **fields) -> Page:
    """Give out a number, for papers that are here unless `here` is None."""
    known = {"tracked": "rent-subsidy/application", "language": "fr", "here": "y", "arrived_on": today().isoformat()}
    return desk.submit(desk.get("/desk/registrations"), "/desk/registrations", status, **known | fields)


@pytest.fixture
def foreign(form) -> Form:
    """A tracked form of another authority."""
    other = Form.select().join(Procedure).where(Procedure.authority != form.procedure.authority, Form.tracked)
    return other.first()


@pytest.mark.parametrize("spell", [str, str.lower, lambda n: f" {grouped(n)[:6]} ", lambda n: n[:4].replace("0", "o")])
def test_number_is_found_by_how_it_begins(desk, dossier, spell):
    begin = spell(dossier.number[:5] if spell is str else dossier.number)[:7]
    assert rows(find(desk, begin)) == [grouped(dossier.number)]


def test_only_what_waits_for_paper_is_found(desk, clerk, dossier):
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
    page = find(desk, dossier.number[:4])
    assert rows(page) == [] and "None of yours" in page.text
    dossier.move(Move("incomplete", by=clerk, version=2, missing=["A"]))
    assert rows(find(desk, dossier.number[:4])) == [grouped(dossier.number)]


@pytest.mark.parametrize("begin", ["", "K7Q", "UUUU", "K7%_", "'''' --", "💌💌💌💌"])
def test_too_little_and_what_no_number_has_are_said(desk, dossier, begin):
    assert "at least 4" in find(desk, begin, 422).errors["begin"]


def test_dossier_of_another_authority_is_not_found(desk, foreign):
    dossier = Dossier.announce(foreign, "en", "k")
    assert rows(find(desk, dossier.number[:4])) == []
    page = desk.get("/desk/arrivals")
    assert foreign.procedure.slug not in [option["value"] for option in page.soup.select("#procedure option")]
    find(desk, dossier.number[:4], 422, procedure=foreign.procedure.slug)


def test_htmx_gets_the_part(desk, dossier):
    assert rows(find(desk, dossier.number[:4], htmx=True)) == [grouped(dossier.number)]


def test_paper_without_a_number_gets_one_and_has_arrived(desk, clerk):
    page = give(desk, arrived_on=YESTERDAY.isoformat())
    dossier = Dossier.get()
    assert page.soup.select_one(".ticket .number").get_text() == grouped(dossier.number)
    assert "Nobody is told by message" in page.text and "Arrival receipt" in page.text
    assert (dossier.status, dossier.arrived_on, dossier.language) == ("received", YESTERDAY, "fr")
    assert [event.kind for event in dossier.history.standing] == [
        "announced",
        "received",
    ] and dossier.issued_by == clerk
    assert {row.action for row in Audit.select().where(Audit.dossier == dossier.id)} == {"announced", "received"}


def test_address_on_the_paper_is_asked_once_and_hears_nothing_more_before_it_says_yes(desk, clerk):
    page = give(desk, by_email="y", email="somebody@example.org")
    dossier, contact = Dossier.get(), Contact.get()
    assert "on its way" in page.text and contact.language == "fr" and contact.confirmed_at is None
    assert [(m.event.kind, m.state) for m in Notification.select()] == [("added", "queued")]
    dossier.move(Move("examination", by=clerk, version=dossier.version))
    assert Notification.select().count() == 1
    consent.confirm(contact)
    dossier.move(Move("decided", by=clerk, version=dossier.version))
    assert [m.event.kind for m in Notification.select().order_by(Notification.id)] == ["added", "decided"]


def test_same_form_sent_twice_makes_one_dossier(desk):
    page = desk.get("/desk/registrations")
    fields = {
        "tracked": "rent-subsidy/application",
        "language": "lb",
        "here": "y",
        "by_email": "y",
        "email": "somebody@example.org",
    }
    pages = [desk.submit(page, "/desk/registrations", **fields) for _ in range(2)]
    assert pages[0].url == pages[1].url and Dossier.select().count() == 1 and Notification.select().count() == 1


def test_without_an_account_for_sms_no_mobile_number_is_asked(app, desk):
    app.config["VONAGE_APPLICATION_ID"] = ""
    assert not desk.get("/desk/registrations").soup.select("[name=mobile], [name=by_sms]")
    give(desk, by_sms="y", mobile="621 123 456")
    assert Dossier.select().count() == 1 and not Contact.select().count()


def test_what_is_missing_among_the_papers_is_ticked_one_step_further(desk):
    """The link leads to the first box of the dossier's page, in a part that browsers open for it."""
    page = give(desk)
    link = next(link for link in page.soup.select("a.button") if link.get_text() == "Ask for what is missing")
    path, box = link["href"].split("#")
    there = desk.get(path)
    assert there.soup.find(id=box)["type"] == "checkbox" and there.soup.find(id=box).find_parent("details")
    send(desk, there, "incomplete", documents="0")
    assert stored(Dossier.get()).status == "incomplete"
    assert not [link for link in give(desk, here=None).soup.select("a.button") if "missing" in link.get_text()]


def test_arrival_can_be_undone(desk, clerk):
    give(desk)
    dossier = Dossier.get()
    dossier.undo(dossier.history.latest, Act(by=clerk, version=dossier.version))
    assert stored(dossier).status == "announced"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"arrived_on": TOMORROW.isoformat()}, "arrived_on"),
        ({"arrived_on": ""}, "arrived_on"),
        ({"arrived_on": (LONG_AGO - dt.timedelta(days=1)).isoformat()}, "reason"),
        ({"by_email": "y", "email": "nobody"}, "email"),
        ({"by_sms": "y", "mobile": "12"}, "mobile"),
        ({"language": "xx"}, "language"),
        ({"tracked": "nothing/here"}, "tracked"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_the_rest_kept(desk, fields, wrong):
    page = give(desk, 422, **fields)
    assert page.errors[wrong] and not Dossier.select().count()
    assert page.soup.select_one("#here").has_attr("checked")


def test_old_arrival_needs_a_reason_and_is_audited(desk):
    old = today() - dt.timedelta(days=10)
    give(desk, arrived_on=old.isoformat(), reason="internal")
    assert Audit.get(Audit.action == "backdated").details["reason"] == "internal"


def test_day_of_the_open_bag_is_proposed(desk):
    desk.submit(desk.get("/desk/post-bag"), "/desk/post-bag", arrived_on=YESTERDAY.isoformat())
    assert desk.get("/desk/registrations").soup.select_one("#arrived_on")["value"] == YESTERDAY.isoformat()


def test_caller_gets_a_number_and_the_sheet(desk):
    page = give(desk, here=None, by_email="y", email="somebody@example.org")
    dossier = Dossier.get()
    assert dossier.status == "announced" and f"/t/{dossier.number}/sheet.pdf" in page.html
    assert [notification.event.kind for notification in Notification.select()] == ["announced"]
    assert Event.get().by is not None


def test_helpdesk_gives_numbers_for_every_authority_and_records_no_arrival(app, helpdesk, foreign):
    browser = signed_in(app, helpdesk)
    name = f"{foreign.procedure.slug}/{foreign.slug}"
    page = give(browser, here=None, tracked=name)
    assert Dossier.get().form == foreign and "sheet" in page.text
    assert not browser.get("/desk/registrations").soup.select_one("#here")
    give(browser, 403, tracked=name)
    browser.get("/desk/arrivals", 403)
    assert Dossier.select().count() == 1


def test_clerk_gives_no_number_for_another_authority(desk, foreign):
    give(desk, 422, tracked=f"{foreign.procedure.slug}/{foreign.slug}")
    assert not Dossier.select().count()


def test_number_of_another_authority_is_not_shown(desk, foreign):
    dossier = Dossier.announce(foreign, "en", "k")
    desk.get(f"/desk/registrations/{dossier.number}", 404)


def test_address_that_is_written_to_too_often_is_refused(desk):
    for _ in range(3):
        give(desk, by_email="y", email="somebody@example.org")
    assert "at the moment" in give(desk, 422, by_email="y", email="somebody@example.org").errors["email"]
    assert Dossier.select().count() == 3


def test_keys_of_two_clerks_never_meet_and_a_form_without_one_is_refused(app, desk, clerk):
    colleague = signed_in(app, account("colleague@example.lu", "clerk", clerk.authority))
    give(desk, key="the-same")
    give(colleague, key="the-same")
    give(desk, key="the-same")
    assert Dossier.select().count() == 2
    give(desk, 400, key=None)
    assert Dossier.select().count() == 2


@pytest.mark.long
def test_many_sms_are_asked_for_at_the_desk_of_one_office_and_each_account_has_its_own_limit(app, desk, clerk):
    colleague = signed_in(app, account("colleague@example.lu", "clerk", clerk.authority))
    for index in range(20):
        give(desk, by_sms="y", mobile=f"621 {index + 100} 456")
    assert "at the moment" in give(desk, 422, by_sms="y", mobile="621 200 456").errors["mobile"]
    give(colleague, by_sms="y", mobile="621 200 456")
    assert Notification.select().where(Notification.channel == "sms").count() == 21


def test_many_mails_from_the_network_of_an_office_are_no_limit_for_its_desk(app, desk, clerk):
    for index in range(50):
        with app.test_request_context(environ_base={"REMOTE_ADDR": "127.0.0.1"}):
            assert contact_limits.allowed("email", f"public@example{index}.lu")
    give(desk, by_email="y", email="somebody@example.org")
    assert Notification.select().count() == 1
