"""The clock as it is seen: on the status page, at the desk, in a calendar, in lists. Every date can say why."""

import pytest

from commands.outgoing import write
from models import Contact, Dossier, Notification, Staff
from models.catalogue.procedure import LANGUAGES
from models.dossiers.moves import Act
from support.clock_pages import happen, kept, on, status_page, whys
from support.loading import copied, load, replace
from support.site import signed_in
from support.visitor import Visitor

# What lists ask


def test_every_move_keeps_the_dates_that_lists_ask_for(either, told, keeper):
    dossier = told()
    assert kept(dossier) == (None, None, None, None)
    for day, kind, expected in (
        ("2026-03-02", "received", ("05-01", "05-04", None, None)),
        ("2026-03-16", "incomplete", (None, None, None, None)),
        ("2026-04-05", "received", ("05-21", "05-21", None, None)),
        ("2026-04-07", "examination", ("05-21", "05-21", None, None)),
        ("2026-04-20", "decided", (None, None, "04-20", 29)),
        ("2026-04-25", "closed", (None, None, "04-20", 29)),
    ):
        with on(day):
            happen(dossier, kind, keeper)
        assert kept(dossier) == expected, kind


def test_undone_move_leaves_no_date(app, told, keeper):
    dossier = told(("2026-03-02", "received"))
    with on("2026-03-02"):
        dossier.undo(dossier.history.latest, Act(by=keeper, version=dossier.version))
    assert kept(dossier) == (None, None, None, None)


def test_corrected_arrival_moves_the_limit(app, told):
    dossier = told(("2026-03-04", "received"), ("2026-03-05", "corrected", "2026-03-02"))
    assert kept(dossier)[:2] == ("05-01", "05-04")


@pytest.mark.long
def test_changed_period_moves_the_limits_of_what_is_in_hand(app, told, tmp_path):
    dossier = told(("2026-03-02", "received"))
    folder = copied(tmp_path, "student-residence")
    replace(folder / "student-residence" / "procedure.yaml", "      length: 60", "      length: 45")
    load(app, folder)
    assert kept(dossier)[:2] == ("04-16", "04-16")


def test_form_without_a_period_has_no_clock(app, form, clerk):
    dossier = Dossier.announce(form, "en", "key")
    happen(dossier, "received", clerk)
    assert kept(dossier) == (None, None, None, None)
    assert not Visitor(app).get(f"/t/{dossier.number}").soup.select("details.why")
    assert Visitor(app).open(f"/t/{dossier.number}.ics").status_code == 404


# What the citizen sees


def test_before_arrival_the_page_says_how_long_it_takes(app, told):
    page = status_page(app, told(), "2026-01-02")
    assert "As a rule at most 60 days from the arrival of your papers" in page.text and not whys(page)


def test_page_names_the_limit_and_why(app, told):
    page = status_page(app, told(("2026-10-26", "received")), "2026-10-27")
    assert "As a rule at most until 28 December 2026" in page.text
    assert whys(page) == [
        [
            "The papers arrived on 26 October 2026. This day itself is not counted.",
            "60 days from then, weekends and holidays included, end on 25 December 2026.",
            "The end moves to the next working day, Monday, 28 December 2026. Not a working day: Friday, 25 December "
            "2026 (Christmas Day); Saturday, 26 December 2026 (Saint Stephen’s Day); Sunday, 27 December 2026.",
        ]
    ]
    assert "Guichet.lu" in page.soup.select_one("details.why").get_text()


def test_page_says_that_the_clock_is_stopped_and_by_when_the_citizen_answers(app, told):
    dossier = told(("2026-03-02", "received"), ("2026-03-16", "incomplete", "2026-05-09"))
    page = status_page(app, dossier, "2026-04-01")
    assert "The clock has been stopped since 16 March 2026: 14 of 60 days are used." in page.text
    assert "It goes on when your documents arrive." in page.text and "11 May 2026" in page.text
    own, authority = whys(page)
    assert own[0] == "The authority asked for the documents on 16 March 2026 and set a date: 9 May 2026."
    assert "Saturday, 9 May 2026 (Europe Day); Sunday, 10 May 2026" in own[1]
    assert authority[-1].startswith("The authority asked for documents on 16 March 2026, when 14 of 60 days were used.")


def test_message_names_the_same_day_as_the_page(app, told):
    dossier = told(("2026-03-02", "received"), ("2026-03-16", "incomplete", "2026-05-09"))
    notification = (
        Notification.select().join(Contact).where(Contact.dossier == dossier).order_by(Notification.id.desc()).get()
    )
    with app.app_context():
        assert "11 May 2026" in str(write(notification))


def test_page_explains_what_was_waited_for(app, told):
    dossier = told(
        ("2026-03-02", "received"),
        ("2026-03-16", "incomplete"),
        ("2026-04-05", "received"),
        ("2026-04-08", "incomplete"),
        ("2026-04-08", "received"),
    )
    page = status_page(app, dossier, "2026-04-10")
    assert "As a rule at most until 21 May 2026" in page.text
    assert whys(page)[0][2:] == [
        "From 16 March 2026 to 5 April 2026 the authority waited for documents. These 20 days are added: 21 May 2026.",
        "Documents were asked for on 8 April 2026 and arrived the same day: no day is added.",
    ]


def test_day_that_has_passed_is_not_hidden(app, told):
    dossier = told(("2026-03-02", "received"))
    assert "That day has passed" not in status_page(app, dossier, "2026-05-04").text
    assert "until 4 May 2026. That day has passed: you may ask the authority." in (
        status_page(app, dossier, "2026-05-05").text
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_is_told_in_every_language(app, told, language):
    dossier = told(("2026-02-27", "received"), ("2026-03-16", "incomplete"), ("2026-03-27", "received"))
    (steps,) = whys(status_page(app, dossier, "2026-03-28", language))
    names = {"de": "Europatag", "fr": "Jour de l’Europe", "en": "Europe Day", "lb": "Europadag"}
    assert len(steps) == 4 and names[language] in steps[-1]


# What the desk sees


def desk_page(app, dossier: Dossier, keeper: Staff, day: str) -> dict[str, str]:
    """Title and text of each row of the clock."""
    with on(day):
        page = signed_in(app, keeper).get(f"/desk/dossiers/{dossier.number}")
    rows = page.soup.select("[aria-labelledby=clock] dl > div")
    return {row.dt.get_text(): row.dd.find(string=True).strip() for row in rows}


def test_desk_sees_limit_target_and_days_used(app, told, keeper):
    dossier = told(("2026-03-02", "received"))
    rows = {"Internal target": "1 May 2026"}  # a Friday, and a holiday: the limit is another day
    for day, near, spent in (
        ("2026-03-12", "4 May 2026, in 53 days", "10 of 60"),
        ("2026-05-03", "4 May 2026, in 1 day", "60 of 60"),
        ("2026-05-04", "4 May 2026, today", "60 of 60"),
        ("2026-05-06", "4 May 2026, 2 days overdue", "60 of 60"),
    ):
        expected = rows | {"Last day as a rule": near, "Days used": spent}
        assert desk_page(app, dossier, keeper, day) == expected


def test_desk_sees_the_clock_stopped_and_the_citizens_day(app, told, keeper):
    dossier = told(("2026-03-02", "received"), ("2026-03-16", "incomplete", "2026-05-09"))
    assert desk_page(app, dossier, keeper, "2026-04-01") == {
        "Clock": "The clock has been stopped since 16 March 2026: 14 of 60 days are used.",
        "Days used": "14 of 60",
        "The citizen’s last day": "11 May 2026",
    }


def test_decided_dossier_is_not_overdue(app, told, keeper):
    dossier = told(("2026-03-02", "received"), ("2026-03-03", "examination"), ("2026-03-22", "decided"))
    rows = desk_page(app, dossier, keeper, "2026-06-01")
    assert (rows["Last day as a rule"], rows["Days used"]) == ("4 May 2026", "20 of 60")


def test_dossier_that_has_not_arrived_has_no_clock_at_the_desk(app, told, keeper):
    assert desk_page(app, told(), keeper, "2026-03-12") == {}
