"""A request that is sent again happens once."""

import threading

import pytest

from models import Event, Reply, db
from support.systems import MOVES, Api, received


def test_same_request_sent_twice_happens_once_and_is_answered_alike(api, with_mail):
    first = api.post(MOVES.format(with_mail.number), received(), key="one-envelope")
    assert api.post(MOVES.format(with_mail.number), received(), key="one-envelope") == first
    assert (Event.select().count(), Reply.select().count()) == (2, 1)
    refused = api.post(MOVES.format(with_mail.number), received(), 409, key="another-one")
    assert refused["dossier"]["version"] == 2
    assert api.post(MOVES.format(with_mail.number), received(), 409, key="another-one") == refused


def test_key_of_another_request_is_refused(api, dossier):
    api.post(MOVES.format(dossier.number), received(), key="one-envelope")
    api.post(MOVES.format(dossier.number), {"to": "examination", "version": 2}, 422, key="one-envelope")


def test_same_request_from_many_threads_happens_once(api, either, dossier):
    answers, barrier = [], threading.Barrier(4)

    def ask() -> None:
        client = Api(either, api.token).client
        barrier.wait()
        headers = {"Authorization": f"Bearer {api.token}", "Idempotency-Key": "one-envelope"}
        answers.append(client.post(MOVES.format(dossier.number), json=received(), headers=headers).status_code)
        db.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert set(answers) == {201} and Event.select().count() == 2


def test_request_that_failed_on_our_side_can_be_sent_again(api, dossier, monkeypatch):
    path, key = MOVES.format(dossier.number), "one-envelope"
    with monkeypatch.context() as patched:
        patched.setattr(Reply, "end", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            api.post(path, received(), 500, key=key)
    assert (Event.select().count(), Reply.select().count()) == (1, 0)
    api.post(path, received(), key=key)


def test_request_that_the_release_before_is_answering_is_not_begun_again(api, dossier):
    api.post(MOVES.format(dossier.number), received(), key="one-envelope")
    Reply.update(status=None, body=None).execute()
    api.post(MOVES.format(dossier.number), received(), 409, key="one-envelope")
