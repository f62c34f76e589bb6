"""What a citizen reads from the first number to the last word: page and messages tell one story, and it is true."""

import pytest
from icalendar import Calendar

from models import Authority, db
from support.paper_reading import text
from support.sending import close
from support.site import running
from support.stories import NOT, STUDENT, Story

OTHER = "housing-aid-service"
ITEM = "RR473124829LU"
DUE = "As a rule at most until"
NOBODY = "Who must act Nobody"
YOU = "Who must act You"


@pytest.fixture
def story(sqlite_url, tmp_path):
    """Begins a story: its citizen has just been given a number, and has read the first message."""
    app = running(sqlite_url, INBOX=True, INBOX_DIR=str(tmp_path / "inbox"))
    db.connect(reuse_if_open=True)
    begun = []

    def begin(language: str = "en") -> Story:
        begun.append(Story(app, STUDENT, language))
        assert "Your eTracking number" in begun[0].heard().subject or language != "en"
        return begun[0]

    yield begin
    begun[0].end()
    close()


def calendar(story: Story) -> str:
    """The date that the page offers for a calendar."""
    (event,) = Calendar.from_ical(story.citizen.open(f"/t/{story.number}.ics").data).events
    return event.start.isoformat()


def links(story: Story, words: str) -> list[str]:
    return [link["href"] for link in story.page().soup.select(f".status a[href*='{words}']")]


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
            "If originals are sent back to you later, you hear of it.",
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


def test_number_that_nobody_used(story):
    story = story()
    story.confirm()
    story.tells(
        ("2026-05-01", "look", {}, ("On 31 May 2026 the number lapses.", YOU), "This is the only reminder."),
        ("2026-05-30", "look", {}, ("On 31 May 2026 the number lapses.",), ""),
        ("2026-05-31", "look", {}, ("so the number lapsed on 31 May 2026",), "nobody has received anything from you"),
    )


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
