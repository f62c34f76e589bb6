"""A bag of post at the desk, and a dossier of another authority."""

import pytest

from models import Dossier, Form, Procedure
from support.post_bag import begin
from support.visitor import Visitor


@pytest.fixture
def bag(desk) -> Visitor:
    """The clerk's browser with a bag of today begun."""
    begin(desk)
    return desk


@pytest.fixture
def foreign(form) -> Dossier:
    """A dossier of another authority, whose citizen is told by mail."""
    other = Form.select().join(Procedure).where(Procedure.authority != form.procedure.authority, Form.tracked).first()
    return Dossier.announce(other, "en", "key-of-the-foreign-one", [("email", "somebody@example.org")])
