"""A number that is one on two keyboards, or would be if it had no slip: nobody is led to a number that they did not type."""

import pytest

from models import Dossier
from models.dossiers.number import grouped, new_number
from support.visitor import Visitor

TWINS = "ZY4NBDA76ZDMY", "YZ4NBDA76YDMZ"  # what the keys of the first type on a German keyboard
SLIP, OTHER = (
    "4TG476PZEY5YC",
    "4TG476PYEZ5ZC",
)  # wrong as it stands; what a German and a French keyboard would make of it


def test_slip_is_said_at_once_and_never_counts(visitor, dossier):
    for _ in range(20):
        page = visitor.submit(visitor.get("/t"), number=SLIP, status=404)
        assert "At least one character is wrong" in page.errors["number"]
    assert visitor.get(f"/t/{dossier.number}").status == 200


def test_slip_leads_to_no_dossier_of_another_number(app, visitor, dossier, desk):
    Dossier.update(number=OTHER).execute()
    assert visitor.get(f"/t?number={SLIP}", 404).url == "/t"
    assert visitor.get(f"/procedures?q={SLIP}").url == "/procedures"
    assert desk.get(f"/desk/scan?number={SLIP}", 404).title == "No dossier of yours has this number"
    assert OTHER not in desk.get(f"/desk?q={SLIP}").text.replace("-", "")
    assert visitor.get(f"/t?number={OTHER}").url == f"/t/{OTHER}"


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("typed", TWINS)
def test_last_guess_that_is_open_is_answered_for_the_number_that_was_typed(app, dossier, typed, htmx):
    guesser = Visitor(app, address="198.51.100.7")
    form = guesser.get("/t")
    for _ in range(29):
        guesser.get(f"/t/{new_number()}", status=404)
    page = guesser.submit(form, number=typed, status=404, htmx=htmx)
    assert "We know no dossier with this number" in page.errors["number"]
    refused = guesser.submit(form, number=typed, status=429)
    assert grouped(typed) in refused.text and not any(grouped(twin) in refused.text for twin in TWINS if twin != typed)


def test_each_reading_that_is_tried_is_a_guess(app, dossier):
    guesser = Visitor(app, address="198.51.100.7")
    for _ in range(15):
        guesser.submit(guesser.get("/t"), number=TWINS[0], status=404)
    assert guesser.open(f"/t/{new_number()}").status_code == 429


def test_browser_that_is_refused_does_not_learn_which_reading_exists(app, dossier):
    guesser = Visitor(app, address="198.51.100.7")
    form = guesser.get("/t")
    for _ in range(30):
        guesser.get(f"/t/{new_number()}", status=404)
    answers = []
    for number in (new_number(), TWINS[1]):
        Dossier.update(number=number).execute()
        answers.append(guesser.submit(form, number=TWINS[0], status=429).text)
    assert answers[0] == answers[1]
