"""Who may see, undo and go on with a bag of post, and what becomes of an old one."""

import datetime as dt
import uuid

import pytest

from models import Batch, Dossier, Form, Procedure, Read, today
from models.dossiers.moves import Act, Move
from support.desk_pages import stored
from support.post_bag import begin, read, said, tap, titles
from support.site import account, signed_in
from support.visitor import Visitor


def test_helpdesk_opens_no_post(app, helpdesk):
    browser = signed_in(app, helpdesk)
    browser.get("/desk/post-bag", 403)
    assert "/desk/post-bag" not in browser.get("/desk").html


def test_bag_of_another_authority_does_not_exist(app, bag, other_clerk, dossier):
    read(bag, dossier.number)
    stranger, row, address = signed_in(app, other_clerk), Read.get(), f"/desk/post-bag/{Batch.get().id}"
    stranger.get(address, 404)
    token = stranger.get("/desk/post-bag").form("/desk/post-bag").select_one("[name=csrf_token]")["value"]
    for path in ("/reads", f"/reads/{row.key}", f"/envelopes/{row.scan}", "/undo"):
        fields = {"csrf_token": token, "step": "undo", "key": str(uuid.uuid4()), "text": dossier.number}
        stranger.post(address + path, 404, data=fields)
    assert stored(dossier).status == "received"


def test_colleague_sees_the_bag_and_undoes_but_does_not_scan_into_it(app, bag, clerk, dossier):
    read(bag, dossier.number)
    colleague = signed_in(app, account("colleague@example.lu", "clerk", clerk.authority))
    page = colleague.get(f"/desk/post-bag/{Batch.get().id}")
    assert "by a colleague" in page.text
    token = page.form("/undo").select_one("[name=csrf_token]")["value"]
    fields = {"csrf_token": token, "key": str(uuid.uuid4()), "text": dossier.number}
    colleague.post(f"/desk/post-bag/{Batch.get().id}/reads", 404, data=fields)
    colleague.submit(page, "/undo")
    assert stored(dossier).status == "announced"


def test_key_used_in_another_bag_and_what_is_no_key_are_refused(bag, dossier):
    page = bag.get("/desk/post-bag")
    bag.submit(page, "/reads", text="x")
    begin(bag)
    other = bag.get("/desk/post-bag")
    bag.submit(other, "/reads", 409, text=dossier.number, key=page.form("/reads").select_one("[name=key]")["value"])
    for wrong in ("", "x", "1"):
        bag.submit(other, "/reads", 400, text=dossier.number, key=wrong)
    assert stored(dossier).version == 1


@pytest.mark.parametrize("path", ["0", "999999999", "99999999999999999999", "x"])
def test_bag_that_does_not_exist(desk, path):
    desk.get(f"/desk/post-bag/{path}", 404)


def test_script_gets_the_answer_alone_and_signed_out_it_is_told(app, bag, dossier):
    form = bag.get("/desk/post-bag").form("/reads")
    data = {field["name"]: field.get("value", "") for field in form.select("input[name]")} | {"text": dossier.number}
    page = bag.post(form["action"], data=data, htmx=True)
    assert page.soup.select_one(".read")["data-tone"] == "good" and not page.soup.select("h1, main")
    answer = Visitor(app).open(form["action"], "POST", data=data, htmx=True)
    assert answer.status_code == 400 or answer.headers.get("HX-Redirect") == "/sign-in"


def test_camera_is_allowed_here(bag):
    headers = bag.open("/desk/post-bag").headers
    assert "camera=(self)" in headers["Permissions-Policy"] and "wasm-unsafe-eval" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


def test_on_both_databases(either):
    form = Form.select().join(Procedure).where(Procedure.slug == "rent-subsidy").get()
    staff = account("clerk@example.lu", "clerk", form.procedure.authority)
    dossier = Dossier.announce(form, "en", "k", [("email", "a@example.org")])
    bag, scan, hold = Batch.open_bag(staff, today()), uuid.uuid4(), dt.timedelta(minutes=10)
    first = Read.take(bag, scan, dossier.number, hold=hold)
    assert [r.outcome for r in Read.take(bag, scan, "something else", hold=hold)] == ["arrived"]
    first[0].undo(by=staff)
    assert Read.get().outcome == "undone" and stored(dossier).status == "announced"


def test_dossier_that_was_handed_over_is_moved_by_no_button_of_an_old_bag(bag, clerk, other_clerk, with_mail):
    read(bag, with_mail.number)
    begin(bag)
    page = read(bag, with_mail.number)
    assert titles(page) == ["Already here"]
    handed_over = stored(with_mail)
    handed_over.transfer(other_clerk.authority, Act(by=clerk, version=handed_over.version))
    tap(bag, page, "further", 409)
    assert stored(with_mail).history.latest.kind == "transferred" and stored(with_mail).status == "received"


def test_old_bag_says_nothing_of_what_became_of_a_dossier_that_was_handed_over(bag, clerk, other_clerk, dossier):
    read(bag, dossier.number)
    begin(bag)
    page = read(bag, dossier.number)
    assert "Its status: Arrived." in said(page)
    handed_over = stored(dossier)
    handed_over.transfer(other_clerk.authority, Act(by=clerk, version=handed_over.version))
    handed_over.move(Move("withdrawn", by=other_clerk, version=handed_over.version))
    later = said(bag.get(f"/desk/post-bag?read={Read.select().order_by(Read.at.desc()).get().scan}"))
    assert "Another authority has it now." in later and "scanned by you" in later
    assert "ithdrawn" not in later and "Nothing more" not in later


def test_reading_without_a_key_is_refused(bag, dossier):
    form = bag.get("/desk/post-bag").form("/reads")
    data = {"csrf_token": form.select_one("[name=csrf_token]")["value"], "text": dossier.number}
    assert bag.open(form["action"], "POST", data=data).status_code == 400
    assert stored(dossier).status == "announced"
