"""A form with a period, its clerk, and dossiers with a story."""

import pytest

from models import Dossier, Form, Staff
from support.clock_pages import PERSON, happen, on
from support.site import account


@pytest.fixture
def student() -> Form:
    """A form with a period: 60 days from arrival, suspended while documents are missing."""
    return Form.get(Form.slug == "financial-responsibility-student")


@pytest.fixture
def keeper(student) -> Staff:
    return account("keeper@example.lu", "clerk", student.procedure.authority)


@pytest.fixture
def told(student, keeper):
    """A dossier after a story: (day, what happened, more) ..."""

    def told(*story: tuple) -> Dossier:
        with on("2026-01-02"):
            dossier = Dossier.announce(student, "en", f"key of {story}", [("email", PERSON)])
        for day, kind, *more in story:
            with on(day):
                happen(dossier, kind, keeper, *more)
        return dossier

    return told
