"""What a screen reader is told and where the focus goes, on the main journeys."""

import re

import pytest

from models.base import local_day
from support import served
from support.served import START, expect, heading, pass_captcha, sign_in
from support.site import PASSWORD

pytestmark = served.MARKS


def test_from_the_start_over_an_error_to_the_number(look, site):
    page = look()
    page.goto(START)
    expect(page.get_by_role("main")).to_match_aria_snapshot("""
        - main:
          - group "Steps":
            - list:
              - listitem: Security check
              - listitem: News by e-mail or SMS
              - listitem: Your number
          - heading "Are you a person?" [level=1]
          - group "Security check":
            - paragraph:
              - checkbox "I am a human"
              - text: I am a human
            - status
            - paragraph:
              - link "Use six digits instead, to read or to hear"
          - paragraph:
            - button "Continue"
    """)
    expect(page.locator("[aria-current=step]")).to_have_text("Security check")
    page.get_by_label("I am a human").press("Space")
    expect(page.get_by_role("main").get_by_role("status")).to_have_text("Check passed. You can go on.")
    page.get_by_role("button", name="Continue").press("Enter")
    expect(heading(page)).to_have_text("How shall we tell you?")
    expect(heading(page)).to_be_focused()
    expect(page).to_have_title("How shall we tell you? – eTracking")

    page.get_by_label("By e-mail").press("Space")
    page.get_by_label("E-mail address").fill("somebody@")
    page.keyboard.press("Enter")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page).to_have_title("Error: How shall we tell you? – eTracking")
    expect(summary).to_match_aria_snapshot("""
        - alert:
          - heading "Please look at this again" [level=2]
          - list:
            - listitem:
              - link /This does not look like an e-mail address/
    """)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="E-mail address")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("For example .* This does not look like an e-mail address"))
    expect(field).to_have_attribute("aria-invalid", "true")

    field.fill("somebody@example.lu")
    page.get_by_role("button", name="Get my number").press("Enter")
    page.wait_for_url("**/t/*")
    expect(page.get_by_role("status").filter(has_text="This is your number")).to_be_focused()
    expect(page.get_by_role("main")).to_match_aria_snapshot("""
        - main:
          - status:
            - paragraph: /This is your number/
            - paragraph: /An e-mail is on its way/
          - paragraph: eTracking number
          - paragraph: /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}/
          - region "Not arrived yet":
            - heading "Not arrived yet" [level=1]
          - region "What you do now":
            - heading "What you do now" [level=2]
            - list:
              - listitem:
                - heading "Print the sheet" [level=3]
          - region "What has happened":
            - heading "What has happened" [level=2]
            - list:
              - listitem:
                - paragraph:
                  - strong: Number given out
    """)
    page.get_by_role("button", name="I posted it today").press("Enter")
    expect(page.get_by_text("You posted your papers on")).to_be_visible()
    expect(heading(page)).to_be_focused()


@pytest.mark.parametrize("scripting", [True, False])
def test_a_refused_form_tells_it_without_scripts_too(look, site, scripting):
    page = look(java_script_enabled=scripting)
    pass_captcha(page, site)
    page.locator("#by_sms").check()
    page.locator("main form button").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page).to_have_title("Error: How shall we tell you? – eTracking")
    page.get_by_role("link", name="Please type your mobile number or untick it.").press("Enter")
    expect(page.get_by_role("textbox", name="Mobile number")).to_be_focused()


@pytest.mark.parametrize("scripting", [True, False])
def test_wrong_digits_are_told_first(look, site, scripting):
    page = look(java_script_enabled=scripting)
    page.goto(START + "?code=1")
    page.locator("#captcha-code").fill("222222")
    page.locator("main form button").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page).to_have_title("Error: Are you a person? – eTracking")
    page.get_by_role("link", name="These were not the right digits").press("Enter")
    field = page.get_by_role("textbox", name="Six digits")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("These were not the right digits.*Only the digits"))


def test_from_a_wrong_number_to_the_right_one(look, site):
    page, number = look(), site.numbers["received"]
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    page.goto("/t")
    field = page.get_by_role("textbox", name="Your eTracking number")
    expect(field).to_have_accessible_description(re.compile("13 characters, for example"))
    field.fill(wrong)
    field.press("Enter")
    expect(heading(page)).to_have_text("We do not know this number")
    expect(page).to_have_title("Error: We do not know this number – eTracking")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("At least one character is wrong"))
    field.fill(number.lower())
    field.press("Enter")
    expect(heading(page)).to_have_text("Arrived")
    expect(page.get_by_role("region", name="Arrived")).to_match_aria_snapshot("""
        - region "Arrived":
          - heading "Arrived" [level=1]
          - paragraph: /Your envelope arrived on/
          - term: What happens next
          - definition: /The authority checks/
          - term: Who must act
          - definition
    """)


def test_search_says_how_much_it_found(look):
    page = look()
    page.goto("/procedures")
    page.evaluate(
        "document.querySelector('#index [role=status]').kept = true"
    )  # the same live region, or it is not told
    page.get_by_label("What do you want to get done?").press_sequentially("rent subs")
    expect(page.locator("#index").get_by_role("status")).to_have_text("1 procedure")
    assert page.evaluate("document.querySelector('#index [role=status]').kept")
    expect(page.get_by_label("What do you want to get done?")).to_be_focused()


def test_at_the_desk_an_arrival_is_told(look, site):
    page, dossier = look(), site.dossier("announced")
    sign_in(page, site)
    page.goto("/desk")
    expect(page.get_by_role("textbox", name="Scan or type a number")).to_be_focused()
    page.keyboard.type(dossier.number)
    page.keyboard.press("Enter")
    form = page.get_by_role("region", name="Next step")
    form.get_by_label("Date of arrival").fill("2100-01-01")
    form.get_by_role("button", name="Mark as arrived").press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="This day has not come yet.").press("Enter")
    field = form.get_by_label("Date of arrival")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("This day has not come yet."))
    field.fill(local_day(dossier.created_at).isoformat())
    form.get_by_role("button", name="Mark as arrived").press("Enter")
    expect(page.locator("#stands .pill")).to_have_text("Arrived")
    expect(heading(page)).to_be_focused()
    expect(heading(page)).to_have_accessible_description(re.compile("^Arrived"))


def test_at_the_desk_ticked_dossiers_are_moved_by_keyboard_after_a_look(look, site):
    page, dossier = look(), site.dossier("received")
    sign_in(page, site)
    page.goto(f"/desk?number={dossier.number}")
    page.get_by_role("checkbox", name=re.compile(f"^Tick {dossier.number[:4]}")).press("Space")
    page.get_by_label("With the ticked dossiers").last.select_option("examination")
    page.get_by_role("button", name="Go on").press("Enter")
    expect(heading(page)).to_have_text("Move 1 dossier?")
    page.get_by_role("button", name="Move 1 dossier now").press("Enter")
    expect(heading(page)).to_have_text("1 dossier moved")
    expect(heading(page)).to_be_focused()
    page.get_by_role("button", name="Undo all").press("Enter")
    expect(heading(page)).to_have_text("1 move taken back")
    expect(page.get_by_role("main")).to_match_aria_snapshot("""
        - main:
          - heading "1 move taken back" [level=1]
          - region /Taken back/:
            - list:
              - listitem:
                - link
          - paragraph:
            - link "Back to the work list"
    """)


def test_at_the_desk_a_clerk_works_by_keyboard_alone(look, site):
    """From signing in over the list to a move, a request for documents, and back."""
    page, dossier = look(width=1280), site.dossier("received")
    page.goto("/sign-in")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(site.clerk.email)
    page.keyboard.press("Tab")
    page.keyboard.type(f"{PASSWORD}\n")
    page.wait_for_url("**/desk")
    link = page.get_by_role("row", name=re.compile(dossier.number[:4])).get_by_role("link")
    expect(page.get_by_role("table", name=re.compile("what is due first"))).to_be_visible()
    link.press("Enter")
    expect(heading(page)).to_have_accessible_description(re.compile("^Arrived"))
    moves = page.get_by_role("region", name="Next step")
    moves.get_by_role("button", name="Begin the examination").press("Enter")
    expect(heading(page)).to_have_accessible_description(re.compile("^Being examined"))
    moves.locator("summary", has_text="Ask for documents").press("Enter")
    asking = moves.locator("details", has_text="Ask for documents")
    asking.get_by_role("button", name="Ask for documents").press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    asking.get_by_role("checkbox").first.press("Space")
    asking.get_by_role("button", name="Ask for documents").press("Enter")
    expect(heading(page)).to_have_accessible_description(re.compile("^Documents are missing"))
    expect(heading(page)).to_be_focused()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(heading(page)).to_have_accessible_description(re.compile("^Being examined"))


def test_at_the_desk_the_pages_are_in_a_menu_on_a_phone_and_drawings_are_said(look, site):
    page = look()
    sign_in(page, site)
    page.goto("/desk/dossiers/" + site.numbers["received"])
    for name in ("Next step", "Also possible", "History", "Who is told", "What was sent", "Internal notes"):
        expect(page.get_by_role("region", name=name).or_(page.get_by_role("heading", name=name)).first).to_be_attached()
    menu, pages = page.get_by_role("button", name="Menu"), page.get_by_role("navigation", name="Pages")
    expect(pages).to_be_hidden()
    menu.press("Enter")
    expect(pages.get_by_role("link", name="Helpdesk")).to_be_visible()
    page.keyboard.press("Escape")
    expect(pages).to_be_hidden()
    expect(menu).to_be_focused()
    menu.press("Enter")
    pages.get_by_role("link", name="Figures").press("Enter")
    expect(heading(page)).to_have_text("Figures")
    section = page.get_by_role("region", name="Where all dossiers stand")
    expect(section.get_by_role("img", name=re.compile("Where all dossiers stand.*Arrived: "))).to_be_visible()
    section.locator("summary").press("Enter")
    expect(section.get_by_role("table", name="Where all dossiers stand")).to_be_visible()
    expect(section.get_by_role("rowheader", name="Arrived", exact=True)).to_be_visible()
