"""What a citizen reads when a dossier is withdrawn, handed over, forwarded, or handled by mistake: it is true as well."""

import pytest

from models import Authority
from support.paper_reading import text
from support.stories import DUE, ITEM, NOBODY, NOT, OTHER, YOU


@pytest.mark.long
@pytest.mark.parametrize("arrived", [False, True])
def test_withdrawn(story, arrived):
    story = story()
    story.confirm()
    if arrived:
        story.on("2026-03-05").do("received", note="Thank you.")
        story.later().heard()
    story.tells(
        (
            "2026-03-06",
            "withdrawn",
            {},
            (
                "The application was withdrawn on 6 March 2026.",
                "If you know nothing of this",
                NOBODY,
                f"{NOT}{DUE}",
                f"{NOT}Thank you. Note",
            ),
            "If you know nothing of it, please ask the administration soon.",
        ),
        (
            "2026-03-08",
            "papers",
            {},
            ("Further papers arrived", "Withdrawn"),
            "The authority was not waiting for it any more.",
        ),
    )


@pytest.mark.long
def test_handed_over_with_a_clock_and_with_papers_missing(story):
    story = story()
    first, second = story.clerk, story.staff(Authority.get(slug=OTHER))
    story.tells(
        (
            "2026-03-06",
            "received",
            {"note": "Come to our office."},
            ("Come to our office. Note",),
            "Come to our office.",
        ),
        (
            "2026-03-10",
            "transferred",
            {"authority": OTHER},
            (
                "Now with: Single point of contact",
                f"{DUE} 5 May 2026",
                "The period did not begin anew.",
                f"{NOT}Come to our office. Note",
            ),
            "Single point of contact for housing assistance now has them",
        ),
    )
    story.clerk = second
    story.tells(
        (
            "2026-03-12",
            "incomplete",
            {"note": "Certified copies."},
            ("By when 11 May 2026",),
            "Single point of contact for housing assistance found",
        ),
        (
            "2026-03-13",
            "transferred",
            {"authority": first.authority.slug},
            ("Certified copies. Note", "By when 11 May 2026", "Who must act You"),
            "Documents are still missing: your status page says which",
        ),
    )
    ((_name, _kind, sheet),) = story.last.mails[0].attachments
    assert "L-2017" in text(sheet)[0], "the sheet has the address of whom it goes to now"


@pytest.mark.long
def test_late_news_of_an_act_name_who_did_it(story):
    story = story()
    story.on("2026-03-06").do("received")
    story.later().heard()
    story.on("2026-03-08").do("incomplete", note="Certified copies.")
    story.do("transferred", authority=OTHER)
    heard = story.later().heard()
    assert "General Department of immigration, Department for foreigners found" in heard.mail
    assert (
        "foreigners writes: > Certified copies." in heard.mail
        and "Another administration now has your dossier" in heard.mail
    )
    assert "11, rue de Hollerich" in heard.mail, "where to ask, and to post, is where the dossier is now"


@pytest.mark.long
def test_forwarded_by_another_authority(story):
    story = story()
    story.do("posted")
    story.on("2026-03-06").scan(story.staff(Authority.get(slug=OTHER)), "forward")
    story.tells(
        (
            "2026-03-06",
            "",
            {},
            (
                "It came to Single point of contact",
                "You need do nothing now.",
                "If it has not by 17 March 2026",
                f"{NOT}What you do now",
            ),
            "has been sent on there",
        ),
        ("2026-03-12", "look", {}, ("You need do nothing now.", f"{NOT}should have arrived"), ""),
        (
            "2026-03-18",
            "look",
            {},
            ("was sent on. It should have arrived by now.", YOU, "What you do now"),
            "By 18 March 2026 General Department of immigration",
        ),
        (
            "2026-03-20",
            "received",
            {},
            ("Your envelope arrived on 20 March 2026.", f"{NOT}Who must act You"),
            "on 20 March 2026",
        ),
    )


@pytest.mark.long
def test_envelope_without_the_form(story):
    story = story()
    story.do("posted")
    story.on("2026-03-06").absent()
    story.tells(
        (
            "2026-03-06",
            "",
            {},
            ("this form was not in it", "with its own sheet", "I posted it today"),
            "Please post it by itself",
        ),
        ("2026-03-12", "look", {}, ("this form was not in it", f"{NOT}should have arrived"), ""),
        ("2026-03-20", "posted", {}, ("You posted your papers on 20 March 2026.", NOBODY), ""),
        ("2026-03-24", "received", {}, ("Your envelope arrived on 24 March 2026.",), "on 24 March 2026"),
    )


@pytest.mark.long
def test_slip_of_the_scanner_leaves_no_trace(story):
    story = story()
    story.do("posted")
    before = story.on("2026-03-06").page().html
    story.do("received", note="For somebody else.")
    story.do("undo")
    story.tells(("2026-03-06", "look", {}, (f"{NOT}For somebody else.", f"{NOT}Arrived by post"), ""))
    assert story.page().html == before
    story.on("2026-03-06").scan(story.staff(Authority.get(slug=OTHER)), "forward", "undo")
    story.tells(("2026-03-12", "look", {}, ("You posted your papers on 2 March 2026. They should have arrived",), ""))


@pytest.mark.long
def test_more_than_a_day_s_news_come_next_morning_with_all_that_only_they_told(story):
    story = story()
    for act, fields in (("received", {}), ("incomplete", {}), ("received", {})):
        story.on("2026-03-06", 10 + len(story.letters) // 2).do(act, **fields)
        assert story.later().heard().mail
    story.on("2026-03-06", 16).do("examination")
    story.do("originals", what="Passport", registered=ITEM, note="It is for you.")
    assert not story.later().heard().mail
    heard = story.on("2026-03-07").heard()
    assert "began to examine your dossier on 6 March 2026" in heard.mail
    assert f"Your original documents are on their way back: Passport, {ITEM}: It is for you." in heard.mail


@pytest.mark.long
@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("quicker", ["closed", "arrival"])
def test_slower_of_two_clerks_reads_what_happened_and_keeps_every_word(story, quicker, htmx):
    story = story()
    for act in ("received", "examination", "decided"):
        story.on("2026-03-06").do(act)
    desk = story.desk()
    old = desk.get(f"/desk/dossiers/{story.number}")
    story.do(quicker, **{"arrived_on": "2026-03-05"} if quicker == "arrival" else {})
    typed = {"what": "Diploma", "registered": ITEM, "note": "Two pages"}
    page = desk.submit(old, "/originals", 409, htmx=htmx, **typed)
    assert "While you were writing:" in page.soup.select_one("[role=alert]").get_text()
    form = page.form("/originals")
    kept = {field["name"]: field.get("value") or field.get_text().strip() for field in form.select("[name]")}
    assert kept | typed == kept
    assert "Originals sent back" not in story.page().text
    desk.submit(page, "/originals")
    assert "Diploma" in story.page().text
