"""What the pages of the desk cost the database: as much for forty rows as for one. Templates ask it nothing."""

import uuid

import pytest
from flask import render_template_string
from playhouse.test_utils import assert_query_count

from models import Batch, Contact, Dossier, Notification, Read, db, now, today
from support.desk_pages import address
from support.moves import HOLD
from support.rendering import TemplateQueryError
from support.site import signed_in
from support.visitor import Page

CALLER = "somebody@example.org"
MANY = pytest.mark.parametrize("many", [1, 40])


def announced(form, many: int) -> list[Dossier]:
    """Dossiers that are told by mail and by SMS."""
    contacts = [("email", CALLER), ("sms", "+352621123456")]
    return [Dossier.announce(form, "en", f"key-{index}", contacts) for index in range(many)]


def rows(page: Page) -> int:
    return len(page.soup.select("main tbody tr"))


@MANY
def test_dossiers_of_a_caller_cost_the_same_however_many_there_are(app, helpdesk, form, many):
    announced(form, many)
    browser = signed_in(app, helpdesk)
    look_up = browser.get("/desk/helpdesk").form("/helpdesk")
    data = {"csrf_token": look_up.select_one("[name=csrf_token]")["value"], "address": CALLER, "reason": "status"}
    with assert_query_count(10):  # session, counter, dossiers, audit in a transaction, contacts; once, kept keys
        page = browser.post("/desk/helpdesk", data=data)
    assert rows(page) == many and page.html.count("s***@e...") == many


@MANY
def test_people_not_reached_and_dead_letters_cost_the_same_however_many_there_are(app, helpdesk, form, many):
    announced(form, many)
    Contact.update(failed_at=now()).execute()
    Notification.update(state="failed", run_at=None).execute()
    browser = signed_in(app, helpdesk)
    browser.get("/desk/helpdesk")  # from now on it stands in the audit log that this list was opened
    with assert_query_count(4):  # session, audit log and both lists
        page = browser.get("/desk/helpdesk")
    assert len(page.soup.select(".message")) == min(2 * many, 50)


@MANY
def test_page_of_a_dossier_costs_the_same_however_many_are_told(desk, form, many):
    [dossier] = announced(form, 1)
    for index in range(many):
        contact = Contact.create(
            dossier=dossier, channel="email", address=f"{index}@example.org", language="en", created_at=now()
        )
        Notification.queue(dossier.history.rows[0], contact, now())
    Notification.update(state="failed", run_at=None).execute()
    with assert_query_count(13):  # three of them so that it stands in the audit log that it was opened
        page = desk.get(address(dossier))
    assert len(page.soup.select(".message")) == many + 2 and len(page.soup.select("[id^=contact-]")) >= many + 2


@MANY
def test_bag_costs_the_same_however_much_was_read(desk, clerk, form, many):
    bag = Batch.open_bag(clerk, today())
    for dossier in announced(form, many):
        Read.take(bag, uuid.uuid4(), dossier.number, hold=HOLD)
    with assert_query_count(5):  # session, bag, reads, dossiers, their histories
        page = desk.get(f"/desk/post-bag/{bag.id}")
    assert rows(page) == many


def test_every_test_would_see_a_template_that_asks(app, dossier):
    with app.test_request_context(), pytest.raises(TemplateQueryError, match="asks the database: SELECT"):
        render_template_string("{{ dossier.contacts|list }}", dossier=dossier)
    assert db.execute_sql("SELECT 1").fetchone() == (1,)
