"""Several people at one desk: internal notes, who works on what, and who was quicker."""

import pytest

from models import Audit, Authority, Note, Staff
from support.desk_pages import address, form_of, move, moved, send, stored
from support.site import account, signed_in

SECRET = "Rang up, angry about the delay"


@pytest.fixture
def colleague(clerk) -> Staff:
    return account("colleague@example.lu", "clerk", clerk.authority)


@pytest.mark.parametrize("htmx", [False, True])
def test_internal_note_is_read_at_the_desk_and_by_no_citizen(visitor, desk, clerk, with_mail, htmx):
    page = desk.submit(desk.get(address(with_mail)), "/notes", htmx=htmx, text=f"{SECRET}\r\n<b>twice</b>")
    internal = page.soup.select_one(".internal")
    assert (
        SECRET in internal.get_text() and "<b>twice</b>" in internal.get_text() and clerk.email in internal.get_text()
    )
    assert "Only the desk sees this." in internal.get_text() and "1 note" in page.text
    for path in ("", ".json", "/sheet"):
        assert SECRET not in visitor.open(f"/t/{with_mail.number}{path}").text
    assert SECRET not in str([row.details for row in Audit.select()])
    assert stored(with_mail).version == 1


def test_public_and_internal_words_stand_in_forms_and_sections_of_their_own(desk, dossier):
    page = moved(desk, dossier, "received")
    internal = page.soup.select_one(".internal")
    assert not internal.select("[name=note]") and len(page.soup.select("[name=text]")) == 1
    for note in page.soup.select("[name=note]"):
        hint = page.soup.find(id=note["aria-describedby"].split()[0]).get_text()
        assert hint.startswith("Everybody who has the number can read it") and not note.find_parent(class_="internal")


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 2001])
def test_empty_or_endless_note_is_refused_and_stays_in_its_field(desk, dossier, text):
    page = desk.submit(desk.get(address(dossier)), "/notes", 422, text=text)
    assert list(page.errors) == ["internal-text"] and Note.select().count() == 0
    assert page.soup.select_one(".summary a")["href"] == "#internal-text"


def test_dossier_is_taken_in_one_tap_and_given_to_a_colleague(desk, clerk, colleague, dossier):
    page = desk.get(address(dossier))
    take = page.soup.select_one(f"form:has(input[name=colleague][value='{clerk.id}'])")
    page = desk.post(take["action"], data={field["name"]: field["value"] for field in take.select("input")})
    assert stored(dossier).assignee == clerk and not page.soup.select("input[name=colleague]")
    page = desk.submit(page, "/assignee", colleague=str(colleague.id))
    assert stored(dossier).assignee == colleague and colleague.email in page.soup.select_one(".at-a-glance").get_text()
    desk.submit(page, "/assignee", colleague="")
    assert stored(dossier).assignee is None
    assert [row.action for row in Audit.select().where(Audit.dossier == dossier.id)] == ["opened", *["assigned"] * 3]


@pytest.mark.parametrize("chosen", ["0", "x", "9" * 40, "²", "foreign"])
def test_nobody_outside_the_authority_is_given_a_dossier(desk, clerk, other_clerk, dossier, chosen):
    data = {"colleague": str(other_clerk.id) if chosen == "foreign" else chosen}
    desk.submit(desk.get(address(dossier)), "/assignee", 404, **data)
    assert stored(dossier).assignee is None


def test_new_authority_sees_where_a_dossier_came_from_and_the_former_one_sees_nothing(
    app, desk, clerk, dossier, other_clerk
):
    Note.write(dossier, clerk, SECRET)
    former = Authority.get_by_id(clerk.authority.id).name["en"]
    page = moved(desk, dossier, "received")
    send(desk, page, "transferred", authority=Authority.get_by_id(other_clerk.authority.id).slug)
    desk.get(address(dossier), 404)
    shown = signed_in(app, other_clerk).get(address(dossier))
    assert f"It came from: {former}" in shown.text and SECRET in shown.text and clerk.email in shown.text


def test_history_marks_what_was_taken_back_and_says_who_did_what(desk, clerk, dossier):
    page = desk.submit(move(desk, dossier, "received"), "/undo")
    rows = [row.get_text(" ", strip=True) for row in page.soup.select(".timeline > li")]
    assert "taken back" in rows[1] and clerk.email in rows[1] and "taken back" not in rows[0]
    assert page.soup.select(".timeline > li")[1]["class"] == ["undone"]


@pytest.mark.long
@pytest.mark.parametrize("htmx", [False, True])
def test_slower_clerk_reads_what_happened_meanwhile_and_who_did_it(app, desk, colleague, dossier, htmx):
    moved(desk, dossier, "received")
    second = signed_in(app, colleague)
    slow = second.get(address(dossier))
    move(desk, dossier, "examination")
    move(desk, dossier, "incomplete")
    page = send(second, slow, "incomplete", 409, htmx, documents=["1"], missing="Lease", note="Please hurry")
    alert = page.soup.select_one("[role=alert]").get_text(" ", strip=True)
    assert "Examination begun" in alert and "Documents are missing" in alert and "clerk@example.lu" in alert
    assert "Please hurry" in alert and "Lease" in alert  # asking is not possible now: nothing typed is lost
    page = send(second, slow, "examination", 409, htmx, note="Go on")
    assert form_of(page, "examination").textarea.get_text().strip() == "Go on"


@pytest.mark.parametrize("act", ["arrival", "papers", "originals", "notes", "assignee", "status", "undo"])
def test_helpdesk_and_other_authorities_change_nothing(app, desk, helpdesk, other_clerk, dossier, act):
    moved(desk, dossier, "received")
    for staff, status in ((helpdesk, 403), (other_clerk, 404)):
        browser = signed_in(app, staff)
        token = browser.get("/desk").soup.select_one("[name=csrf_token]")["value"]
        data = {"csrf_token": token, "version": 2, "text": "x", "colleague": str(staff.id), "to": "examination"}
        assert browser.open(f"{address(dossier)}/{act}", "POST", data=data).status_code == status
    assert stored(dossier).version == 2 and Note.select().count() == 0


def test_helpdesk_reads_the_internal_notes_and_has_no_form(app, helpdesk, clerk, dossier):
    Note.write(dossier, clerk, SECRET)
    page = signed_in(app, helpdesk).get(address(dossier))
    assert SECRET in page.text and not page.soup.select("main form")
