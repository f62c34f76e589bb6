"""Dossiers that are kept on the device, in a real Chromium."""

import re

from models import today
from models.dossiers.moves import Move
from models.dossiers.number import grouped
from support.app_on_phone import CUT, SAVED, item, ready, save, toast, until
from support.phone import NEEDED, opened, playwright
from support.site import signed_in

pytestmark = NEEDED
expect = playwright.expect


def test_dossier_is_saved_with_an_own_name_and_nothing_else_is_kept(page, dossier):
    ready(page, f"/t/{dossier.number}")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    save(page, dossier, "Mum’s visa")
    toast(page, "Saved on this device.")
    expect(page.get_by_text("This dossier is saved on this device")).to_be_visible()
    kept = page.evaluate(SAVED)
    assert set(kept) == {dossier.number} and kept[dossier.number]["name"] == "Mum’s visa"
    assert set(kept[dossier.number]) == {"name", "label", "status", "version", "seen", "at"}
    assert page.evaluate("Object.keys(localStorage)") == ["etracking.saved"]
    assert [cookie["name"] for cookie in page.context.cookies()] == ["found"]


def test_without_an_own_name_it_has_that_of_the_procedure(page, dossier):
    save(page, dossier)
    page.goto("/saved")
    expect(item(page).get_by_role("link")).to_have_text(dossier.form.procedure.title["en"])


def test_saved_dossiers_stand_on_top_of_the_home_page_and_can_be_renamed_without_network(page, dossier):
    save(page, dossier, "Flat")
    page.goto("/")
    expect(item(page)).to_contain_text("Flat")
    page.context.set_offline(True)
    page.goto("/saved")
    page.get_by_text("Rename, share or remove").click()
    page.get_by_label("Your own name for it").fill("Flat in Esch")
    page.get_by_role("button", name="Rename").click()
    expect(item(page).get_by_role("link")).to_have_text("Flat in Esch")
    assert page.evaluate(SAVED)[dossier.number]["label"] == "Not arrived yet"


def test_saved_dossiers_are_read_without_network_with_their_time(page, dossier):
    save(page, dossier, "Flat")
    page.context.set_offline(True)
    page.goto("/saved")
    expect(item(page)).to_contain_text("Not arrived yet")
    expect(item(page)).to_contain_text(re.compile(rf"{grouped(dossier.number)}\s+as of \d\d? \w+ 20\d\d, \d\d:\d\d"))
    page.goto(f"/t/{dossier.number}")  # the page itself is kept nowhere: the list stands in for it
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no network right now")
    expect(item(page)).to_contain_text("Not arrived yet")


def test_change_is_fetched_shown_as_new_counted_on_the_icon_and_seen_once(browser, app, site, dossier, clerk):
    with opened(browser, site, CUT, worker=True) as page:
        page.add_init_script("navigator.setAppBadge = async count => { window.badge = count }")
        save(page, dossier, "Flat")
        page.goto("/saved")
        expect(item(page).get_by_text("New")).to_be_hidden()
        assert page.evaluate("badge") == 0
        signed_in(app, clerk)
        dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
        page.goto("/")
        expect(item(page)).to_contain_text("Arrived")
        expect(item(page).get_by_text("New")).to_be_visible()
        until(page, "window.badge === 1")
        item(page).get_by_role("link").click()
        until(page, "window.badge === 0")
        page.goto("/saved")
        expect(item(page).get_by_text("New")).to_be_hidden()


def test_one_or_all_are_removed(page, dossier, with_mail):
    save(page, dossier, "One")
    save(page, with_mail, "Two")
    page.goto("/saved")
    item(page).first.get_by_text("Rename, share or remove").click()
    item(page).first.get_by_role("button", name="Remove from this device").click()
    toast(page, "Removed from this device.")
    expect(item(page)).to_have_count(1)
    expect(page.locator("main")).to_be_focused()
    page.get_by_text("Remove all", exact=True).click()
    page.get_by_role("button", name="Remove all from this device").click()
    expect(page.get_by_text("Nothing is saved on this device yet")).to_be_visible()
    page.reload()
    assert page.evaluate(f"Object.keys({SAVED}).length") == 0


def test_removed_on_the_status_page_it_can_be_saved_again(page, dossier):
    save(page, dossier)
    page.get_by_role("button", name="Remove from this device").click()
    expect(page.get_by_role("button", name="Save on this device")).to_be_visible()
    page.get_by_role("link", name="Look again").click()  # and after htmx has changed the page
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.get_by_role("button", name="Save on this device").click()
    expect(page.get_by_text("This dossier is saved on this device")).to_be_visible()


def test_link_takes_the_dossiers_to_another_phone_and_the_server_never_sees_it(browser, site, page, dossier):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    save(page, dossier, "Mum’s visa & flat")
    page.goto("/saved")
    page.get_by_text("Move to another phone").click()
    page.get_by_role("button", name="Send or copy the link").click()
    toast(page, "Copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    with opened(browser, site) as other:
        asked = []
        other.on("request", lambda request: asked.append(request.url))
        other.goto(link)
        expect(other.get_by_text("Save these dossiers on this device?")).to_be_visible()
        assert other.evaluate(f"Object.keys({SAVED}).length") == 0  # not before it is asked for
        other.get_by_role("button", name="Save on this device").click()
        expect(item(other)).to_contain_text("Mum’s visa & flat")
        expect(item(other)).to_contain_text("Not arrived yet")
        assert other.url == f"{site}/saved" and not [url for url in asked if "Mum" in url]


def test_link_with_anything_else_in_it_offers_nothing(page):
    ready(page, "/saved#javascript=alert&<b>=x&" + "Z" * 14 + "=y")
    expect(page.get_by_text("Nothing is saved on this device yet")).to_be_visible()
    expect(page.get_by_text("Save these dossiers on this device?")).to_be_hidden()


def test_code_for_the_other_phone_is_shown_in_the_page(page, dossier):
    save(page, dossier, "Flat")
    page.goto("/saved")
    page.get_by_text("Move to another phone").click()
    page.get_by_role("button", name="Show the code").click()
    expect(page.locator("#moving svg")).to_be_visible()
    assert page.url.endswith("/saved")


def test_one_dossier_is_shared_by_its_link(page, dossier):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    save(page, dossier)
    page.goto("/saved")
    page.get_by_text("Rename, share or remove").click()
    page.get_by_role("button", name="Share this dossier").click()
    toast(page, "Copied.")
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/t/{dossier.number}")
