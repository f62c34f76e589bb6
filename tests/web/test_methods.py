"""Looking changes nothing: each function of a page takes one method, and HEAD answers as GET does."""

import pytest

from models import Contact
from support.database import dump


def test_each_function_of_a_page_takes_one_method(app):
    methods: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        methods.setdefault(rule.endpoint, set()).update(rule.methods - {"HEAD", "OPTIONS"})
    assert not {endpoint: taken for endpoint, taken in methods.items() if len(taken) != 1}


@pytest.mark.parametrize("path", ["/r", "/envelope", "/t", "/t?number=x", "/"])
def test_head_answers_as_get_does(visitor, path):
    got, head = visitor.open(path), visitor.open(path, "HEAD")
    assert head.status_code == got.status_code and not head.data
    own = {"Date": "", "X-Request-ID": ""}  # each answer has its own
    assert {**head.headers, **own} == {**got.headers, **own}


def test_mail_program_that_tries_the_stop_link_stops_nothing(app, visitor, with_mail):

    with app.app_context():
        path = f"/c/{with_mail.contacts.get().token}"
    before = dump()
    for method in ("HEAD", "GET"):
        answer = visitor.open(f"{path}/stop", method)
        assert (answer.status_code, answer.headers["Location"]) == (302, path)
    assert visitor.open(f"{path}/stop", "OPTIONS").status_code == 200 and dump() == before
    assert visitor.open(f"{path}/stop", "POST").status_code == 200 and Contact.get().stopped_at
