"""What comes and goes on paper: what is missing, another day of arrival, further papers, originals sent back."""

import datetime as dt

import pytest

from models import Audit, Event, TextBlock, today
from support.desk_pages import (
    LONG_AGO,
    TOMORROW,
    YESTERDAY,
    address,
    form_of,
    given_out_long_ago,
    move,
    moved,
    send,
    stored,
)
from support.visitor import Page, Visitor, values

ADDRESSES = {"corrected": "/arrival", "further": "/papers", "returned": "/originals"}


def act(desk: Visitor, page: Page, kind: str, status: int = 200, htmx: bool = False, **fields) -> Page:
    """Fill in and send the form of one act as it stands on `page`."""
    form = page.form(ADDRESSES[kind])
    return desk.post(form["action"], status, data=values(form) | fields, htmx=htmx)


def test_citizen_gets_the_ticked_documents_in_the_own_language_and_the_lines_as_typed(visitor, desk, dossier):
    page = moved(desk, dossier, "received")
    boxes = form_of(page, "incomplete").select("[name=documents]")
    assert len(boxes) == len(dossier.form.enclosures)
    page = send(desk, page, "incomplete", documents=["0", "2"], missing="- Letter of 3 May", until=TOMORROW.isoformat())
    for language in ("de", "en"):
        visitor.language = language
        listed = [item.get_text() for item in visitor.get(f"/t/{dossier.number}").soup.select("ul.missing li")]
        assert listed == [dossier.form.enclosures[index][language] for index in (0, 2)] + ["Letter of 3 May"]


def test_citizen_has_thirty_days_unless_the_clerk_says_otherwise(desk, dossier):
    field = form_of(moved(desk, dossier, "received"), "incomplete").select_one("[name=until]")
    assert field["value"] == (today() + dt.timedelta(days=30)).isoformat()


@pytest.mark.parametrize("documents", [["99"], ["x"], ["-1"], ["0", "99"]])
def test_document_that_is_not_on_the_list_is_refused(desk, dossier, documents):
    send(desk, moved(desk, dossier, "received"), "incomplete", 422, documents=documents, until=TOMORROW.isoformat())
    assert stored(dossier).status == "received"


def test_ticks_stay_when_something_else_was_wrong(desk, dossier):
    page = send(desk, moved(desk, dossier, "received"), "incomplete", 422, documents=["1"], until=YESTERDAY.isoformat())
    ticked = form_of(page, "incomplete").select("[name=documents][checked]")
    assert [box["value"] for box in ticked] == ["1"] and list(page.errors) == ["incomplete-until"]


@pytest.mark.parametrize("htmx", [False, True])
def test_corrected_day_of_arrival_is_told_and_moves_the_clock(visitor, desk, dossier, htmx):
    given_out_long_ago(dossier)
    page = act(desk, moved(desk, dossier, "received"), "corrected", htmx=htmx, arrived_on=YESTERDAY.isoformat())
    assert stored(dossier).arrived_on == YESTERDAY and "Date of arrival corrected" in page.text
    assert f"Arrived on {YESTERDAY.day} " in visitor.get(f"/t/{dossier.number}").text


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (today().isoformat(), "recorded already"),
        (TOMORROW.isoformat(), "has not come yet"),
        ("", "When did it arrive?"),
        ("soon", "This is not a date."),
        ("2000-01-01", "did not exist yet"),
    ],
)
def test_day_that_cannot_be_right_is_refused_beside_its_field(desk, dossier, typed, why):
    given_out_long_ago(dossier)
    page = act(desk, moved(desk, dossier, "received"), "corrected", 422, arrived_on=typed, note="Kept")
    assert why in page.errors["corrected-arrived_on"] and page.form("/arrival").textarea.get_text().strip() == "Kept"
    assert stored(dossier).version == 2


@pytest.mark.parametrize("kind", ["received", "corrected"])
def test_day_more_than_three_days_back_needs_a_reason_which_is_audited(desk, dossier, kind):
    given_out_long_ago(dossier)
    older, page = (LONG_AGO - dt.timedelta(days=1)).isoformat(), desk.get(address(dossier))
    sending = send if kind == "received" else act
    if kind == "corrected":
        page = moved(desk, dossier, "received")
    refused = sending(desk, page, kind, 422, arrived_on=older)
    assert "Please say why" in refused.errors[f"{kind}-reason"]
    sending(desk, page, kind, 422, arrived_on=older, reason="I say so")
    sending(desk, page, kind, arrived_on=older, reason="stamped")
    row = Audit.select().where(Audit.action == kind).order_by(Audit.id.desc()).first()
    assert row.details["reason"] == "stamped" and stored(dossier).arrived_on.isoformat() == older


def test_three_days_back_need_none(desk, dossier):
    given_out_long_ago(dossier)
    move(desk, dossier, "received", arrived_on=LONG_AGO.isoformat())
    assert stored(dossier).arrived_on == LONG_AGO


def test_further_papers_are_told_and_can_be_undone(visitor, desk, dossier):
    page = act(desk, moved(desk, dossier, "examination"), "further", note="Your letter of Monday")
    assert "Further papers arrived" in visitor.get(f"/t/{dossier.number}").text
    desk.submit(page, "/undo")
    citizen = visitor.get(f"/t/{dossier.number}").text
    assert "Further papers arrived" not in citizen and "Your letter" not in citizen


@pytest.mark.parametrize("status", ["received", "decided"])
@pytest.mark.parametrize("typed", ["RR473124829LU", "rr 473 124 829 lu"])
def test_citizen_reads_what_was_sent_back_when_and_under_which_number(visitor, desk, dossier, status, typed):
    page = act(desk, moved(desk, dossier, status), "returned", what="Diploma", registered=typed)
    assert "Originals sent back" in page.text
    citizen = visitor.get(f"/t/{dossier.number}").text
    assert "Diploma" in citizen and "RR473124829LU" in citizen
    assert stored(dossier).status == status


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"registered": "RR473124828LU"}, "registered"),
        ({"registered": ""}, "registered"),
        ({"what": " "}, "what"),
        ({"what": "x" * 201}, "what"),
        ({"sent_on": TOMORROW.isoformat()}, "sent_on"),
        ({"sent_on": ""}, "sent_on"),
    ],
)
def test_slip_in_what_is_sent_back_is_told_beside_its_field(desk, dossier, fields, wrong):
    right = {"what": "Diploma", "registered": "RR473124829LU"}
    page = act(desk, moved(desk, dossier, "received"), "returned", 422, **(right | fields))
    assert list(page.errors) == [f"returned-{wrong}"] and stored(dossier).version == 2


def test_before_anything_arrived_nothing_of_it_is_offered_or_taken(desk, dossier):
    page = desk.get(address(dossier))
    assert not [form for form in page.soup.find_all("form") if form["action"].endswith(tuple(ADDRESSES.values()))]
    token = page.soup.select_one("[name=csrf_token]")["value"]
    for path in ADDRESSES.values():
        fields = {"arrived_on": YESTERDAY.isoformat(), "what": "Diploma", "registered": "RR473124829LU"}
        desk.post(address(dossier) + path, 409, data={"csrf_token": token, "version": 1, "seen": 1} | fields)
    assert stored(dossier).version == 1


def test_text_block_is_put_into_the_note_in_the_citizens_language_and_shown_as_it_reads(desk, dossier):
    type(dossier).update(language="fr").execute()
    page = moved(desk, dossier, "received")
    form = form_of(page, "incomplete")
    block = TextBlock.get(TextBlock.slug == "lease-both-sides")
    assert str(block.id) in [option["value"] for option in form.select("[name=block] option")]
    fields = {"documents": ["0"], "until": TOMORROW.isoformat(), "block": str(block.id), "note": "Bonjour"}
    for htmx in (False, True):
        shown = send(desk, page, "incomplete", 200, htmx, **fields, preview="1")
        note = form_of(shown, "incomplete").select_one("[name=note]").get_text().strip()
        assert note.splitlines()[0] == "Bonjour" and note.endswith(block.text["fr"])
        read = shown.soup.select_one(".preview [lang=fr]").get_text(" ", strip=True)
        assert dossier.form.enclosures[0]["fr"] in read and block.text["fr"] in read and "Documents manquants" in read
    assert (stored(dossier).status, Event.select().count()) == ("received", 2)
    send(desk, shown, "incomplete", documents=["0"], note=note + " Merci.")
    assert stored(dossier).history.latest.note.endswith("Merci.")


def test_preview_of_what_is_wrong_says_what_is_wrong_and_keeps_the_inserted_text(desk, dossier):
    page = moved(desk, dossier, "received")
    block = TextBlock.get(TextBlock.slug == "signature")
    shown = send(desk, page, "incomplete", 422, block=str(block.id), preview="1")
    assert list(shown.errors) == ["incomplete-missing"] and not shown.soup.select(".preview")
    assert block.text["en"] in form_of(shown, "incomplete").select_one("[name=note]").get_text()


def test_each_step_offers_the_blocks_that_go_with_it_its_procedures_first(desk, dossier):
    form = form_of(moved(desk, dossier, "received"), "incomplete")
    offered = [option.get_text() for option in form.select("[name=block] option")]
    assert offered[1] == "Income of the whole household" and "Copies are enough" in offered
    assert "The decision comes by post" not in offered and "Sworn translation" not in offered


@pytest.mark.parametrize("block", ["999", "x", ""])
def test_block_that_is_none_changes_nothing(desk, dossier, block):
    page = send(desk, desk.get(address(dossier)), "received", block=block, preview="1", note="Mine")
    assert form_of(page, "received").select_one("[name=note]").get_text().strip() == "Mine"
