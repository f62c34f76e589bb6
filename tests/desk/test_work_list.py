"""The work list: what is due comes first, said in words; every filter narrows, counts, and stays in the address."""

import datetime as dt

import pytest
from playhouse.test_utils import assert_query_count

from models import Dossier, Form, Procedure, today
from models.dossiers.moves import Move
from models.dossiers.number import grouped
from support.lists import counted, listed
from support.site import account, signed_in

LEFT = {"late": -2, "today": 0, "soon": 3, "week": 7, "fortnight": 14, "later": 40}


@pytest.fixture
def waiting(form, clerk) -> dict[str, Dossier]:
    """Dossiers that have arrived, by when they are due; and one without a date."""
    other = Form.select().join(Procedure).where(Procedure.slug == "rental-guarantee").get()
    found = {}
    for name, left in [*LEFT.items(), ("never", None)]:
        dossier = Dossier.announce(other if name == "later" else form, "en", f"key-{name}")
        dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
        due_on = None if left is None else today() + dt.timedelta(days=left)
        Dossier.update(due_on=due_on).where(Dossier.id == dossier.id).execute()
        found[name] = Dossier.get_by_id(dossier.id)
    return found


def numbers(waiting: dict[str, Dossier], *names: str) -> list[str]:
    return [grouped(waiting[name].number) for name in names]


def test_what_is_due_first_comes_first_and_what_has_no_date_last(desk, waiting):
    assert listed(desk.get("/desk")) == numbers(waiting, *waiting)
    assert listed(desk.get("/desk?sort=changed")) == numbers(waiting, *reversed(waiting))


def test_due_is_said_in_words_not_by_colour_alone(desk, waiting):
    cells = [cell.get_text(" ", strip=True) for cell in desk.get("/desk").soup.select("td[data-label='Due on']")]
    ends = ("overdue by 2 days", "today", "in 3 days", "in 7 days", "in 14 days", "in 40 days", "–")
    assert all(cell.endswith(end) for cell, end in zip(cells, ends, strict=True))


@pytest.mark.parametrize(
    ("due", "names"),
    [
        ("overdue", ["late"]),
        ("3", ["today", "soon"]),
        ("7", ["today", "soon", "week"]),
        ("14", ["today", "soon", "week", "fortnight"]),
    ],
)
def test_filter_by_due_date_shows_what_its_count_says(desk, waiting, due, names):
    page = desk.get(f"/desk?due={due}")
    assert listed(page) == numbers(waiting, *names)
    link = page.soup.select_one(f"nav.filters a[href='/desk?due={due}']")
    assert link["aria-current"] == "true" and link.span.get_text() == str(len(names))


def test_filters_by_person_procedure_and_number_narrow_together(desk, clerk, waiting):
    colleague = account("colleague@example.lu", "clerk", clerk.authority)
    waiting["late"].assign(clerk, by=clerk)
    waiting["soon"].assign(colleague, by=clerk)
    assert listed(desk.get("/desk?assignee=me")) == numbers(waiting, "late")
    assert listed(desk.get(f"/desk?assignee={colleague.id}")) == numbers(waiting, "soon")
    assert len(listed(desk.get("/desk?assignee=nobody"))) == 5
    assert listed(desk.get("/desk?procedure=rental-guarantee")) == numbers(waiting, "later")
    start = grouped(waiting["week"].number)[:6].lower()
    assert numbers(waiting, "week")[0] in listed(desk.get(f"/desk?number={start}"))
    page = desk.get("/desk?procedure=rental-guarantee&assignee=nobody&due=overdue")
    assert listed(page) == [] and counted(page)[""] == 0 and "Nothing here with these filters" in page.text


def test_every_link_and_the_form_keep_the_other_filters(desk, waiting):
    page = desk.get("/desk?due=7&assignee=nobody&sort=changed")
    links = [link["href"] for link in page.soup.select("nav.filters a")]
    assert "/desk?due=14&assignee=nobody&sort=changed" in links and "/desk?due=7&assignee=me&sort=changed" in links
    form = page.soup.select_one("form.work")
    assert form.select_one("[name=due]")["value"] == "7"
    assert [option["value"] for option in form.select("[selected]")] == ["nobody", "changed"]


def test_language_is_changed_without_losing_the_filters(desk, waiting):
    page = desk.get("/desk?due=7&assignee=nobody&number=0&procedure=rent-subsidy&sort=changed&status=all")
    href = page.soup.select_one(".languages a[lang=de]")["href"]
    assert all(
        part in href for part in ("due=7", "assignee=nobody", "procedure=rent-subsidy", "sort=changed", "status=all")
    )


def test_everybodys_number_of_queries_is_the_same_with_all_filters(desk, waiting):
    start = waiting["soon"].number[:6]
    with assert_query_count(7):
        desk.get(f"/desk?due=7&assignee=nobody&number={start}&procedure=rent-subsidy&sort=changed&status=received")


def test_counts_are_right_on_both_databases(either, clerk, waiting):
    page = signed_in(either, clerk).get("/desk")
    counts = [int(link.span.get_text()) for link in page.soup.select("nav.filters a:has(span)")]
    assert counts == [1, 2, 3, 4, 0, 7] and listed(page)[-1] == grouped(waiting["never"].number)
