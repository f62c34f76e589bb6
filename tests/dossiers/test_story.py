"""What a citizen reads from the first number to the last word: page and messages tell one story, and it is true."""

import pytest

from support.stories import DUE, ITEM, NOBODY, NOT, YOU, calendar, links


@pytest.mark.long
def test_straight_road_from_the_number_to_the_end(story):
    story = story()
    assert "You post the form and the sheet in one envelope." in story.page().text
    story.tells(
        (
            "2026-03-03",
            "posted",
            {"registered": ITEM},
            (
                "You posted your papers on 3 March 2026.",
                "If it has not by 12 March 2026",
                NOBODY,
                f"{NOT}What you do now",
            ),
            "",
        ),
        (
            "2026-03-06",
            "received",
            {"note": "Thank you."},
            ("Your envelope arrived on 6 March 2026.", "Thank you.", f"{DUE} 5 May 2026", f"{NOT}12 March 2026"),
            "received your papers on 6 March 2026. Arrived does not mean complete",
        ),
        (
            "2026-03-16",
            "incomplete",
            {"note": "No staples."},
            (
                "needs more to go on",
                "No staples.",
                "Lease",
                "By when 11 May 2026",
                "10 of 60 days are used",
                YOU,
                f"{NOT}{DUE}",
                f"{NOT}Thank you. Note",
            ),
            "Please send what is missing by 11 May 2026.",
        ),
    )
    assert calendar(story) == "2026-05-11" and links(story, "sheet/1.pdf")
    story.tells(
        ("2026-05-12", "", {}, ("11 May 2026. That day has passed", f"{NOT}Put it into my calendar"), ""),
        (
            "2026-05-21",
            "received",
            {},
            (
                "The missing documents arrived on 21 May 2026.",
                f"{DUE} 10 July 2026",
                "These 66 days are added",
                f"{NOT}What is missing",
                f"{NOT}Follow-up sheet",
            ),
            "As a rule at most until 10 July 2026.",
        ),
        (
            "2026-05-22",
            "examination",
            {},
            ("is examining your dossier", f"{DUE} 10 July 2026"),
            "Examined does not mean decided.",
        ),
        (
            "2026-05-28",
            "arrival",
            {"arrived_on": "2026-03-05"},
            ("The papers arrived on 5 March 2026. This day itself", f"{DUE} 9 July 2026", "not on 6 March 2026"),
            "As a rule at most until 9 July 2026.",
        ),
    )
    assert calendar(story) == "2026-07-09" and not links(story, "sheet/1")
    story.tells(
        (
            "2026-06-02",
            "decided",
            {"note": "The letter leaves tomorrow."},
            (
                "The authority decided on 2 June 2026.",
                "You get the decision in writing",
                "The letter leaves tomorrow. Note of the authority, 2 June 2026",
                f"{NOT}{DUE}",
                f"{NOT}How long it took others",
            ),
            "decided on your dossier on 2 June 2026. What was decided is not in this message",
        ),
        (
            "2026-06-03",
            "originals",
            {"what": "Diploma", "registered": ITEM},
            (f"Originals sent back Diploma, on 3 June 2026 by registered mail {ITEM}.", "The letter leaves tomorrow."),
            f"by registered mail on 3 June 2026: Diploma. Number of the registered item: {ITEM}.",
        ),
        (
            "2026-06-04",
            "closed",
            {},
            ("This dossier was closed on 4 June 2026.", "Nothing more is expected.", "Originals sent back", NOBODY),
            "If originals are sent back to you within 30 days, you hear of it; then this address is erased.",
        ),
        (
            "2026-06-05",
            "originals",
            {"what": "Passport", "registered": ITEM},
            ("Passport, on 5 June 2026",),
            "Passport.",
        ),
        ("2026-06-06", "papers", {}, ("Further papers arrived",), "Please ask there what becomes of it."),
    )
    told = story.citizen.open(f"/t/{story.number}.json").json
    assert (told["status"], told["label"], told["events"][-1]["kind"]) == ("closed", story.page().title, "further")


@pytest.mark.long
@pytest.mark.parametrize(
    ("language", "days"),
    [
        ("de", ("6. März 2026", "11. Mai 2026", "10. Juli 2026")),
        ("fr", ("6 mars 2026", "11 mai 2026", "10 juillet 2026")),
    ],
)
def test_page_and_mail_name_the_same_days_in_other_languages(story, language, days):
    arrived, until, limit = days
    story(language).tells(
        ("2026-03-06", "received", {}, (arrived,), arrived),
        ("2026-03-16", "incomplete", {}, (until,), until),
        ("2026-05-21", "received", {}, (limit,), limit),
    )


@pytest.mark.long
def test_paper_that_never_came(story):
    story = story()
    story.confirm()
    story.tells(
        ("2026-03-02", "posted", {"registered": ITEM}, ("They have not arrived yet.",), ""),
        ("2026-03-11", "look", {}, ("If it has not by 11 March 2026",), ""),
        (
            "2026-03-12",
            "look",
            {},
            ("They should have arrived by now.", YOU, "What you do now", f"{NOT}If it has not by"),
            f"Please ask the post where the registered item {ITEM} is.",
        ),
        ("2026-04-15", "look", {}, ("They should have arrived by now.",), ""),
        (
            "2026-05-31",
            "look",
            {},
            ("so the number lapsed on 31 May 2026", "You, if you have posted it", "the number is valid again"),
            "If it arrives after all, the number is valid again",
        ),
        (
            "2026-07-02",
            "received",
            {},
            ("Your envelope arrived on 2 July 2026.", f"{DUE} 31 August 2026"),
            "2 July 2026",
        ),
    )


@pytest.mark.long
def test_number_that_nobody_used(story):
    story = story()
    story.confirm()
    story.tells(
        ("2026-05-01", "look", {}, ("On 31 May 2026 the number lapses.", YOU), "This is the only reminder."),
        ("2026-05-30", "look", {}, ("On 31 May 2026 the number lapses.",), ""),
        ("2026-05-31", "look", {}, ("so the number lapsed on 31 May 2026",), "nobody has received anything from you"),
    )


@pytest.mark.long
def test_what_was_missing_did_not_come_in_time_and_then_it_did(story):
    story = story()
    story.tells(
        ("2026-03-06", "received", {}, ("Your envelope arrived",), "received your papers"),
        ("2026-03-16", "incomplete", {}, ("By when 11 May 2026",), "by 11 May 2026"),
    )
    story.on("2026-05-11")
    assert "lapsed" not in story.offered(), "its day is not over"
    story.tells(
        (
            "2026-05-12",
            "lapsed",
            {},
            ("have not arrived in time", "Please ask the authority", f"{NOT}What is missing"),
            "had not arrived by 12 May 2026",
        ),
        (
            "2026-05-25",
            "received",
            {},
            ("The missing documents arrived on 25 May 2026.", f"{DUE} 14 July 2026"),
            "sent later on 25 May 2026",
        ),
        (
            "2026-05-26",
            "incomplete",
            {"missing": "Payslip", "until": "2026-06-20"},
            ("Payslip", "By when 22 June 2026", "Follow-up sheet"),
            "by 22 June 2026",
        ),
    )
    assert links(story, "sheet/2.pdf") and not links(story, "sheet/1")
