"""A request that is sent again happens once."""

import datetime as dt
import json
import threading

import pytest

from models import ConflictError, Event, Reply, System, db, now
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


def test_request_that_is_still_being_answered_is_not_begun_again(api, dossier):
    system = System.get()
    Reply.begin(system, "one-envelope", "x")
    with pytest.raises(ConflictError):
        Reply.begin(system, "one-envelope", "x")


def test_request_that_meets_the_end_of_one_that_failed_is_begun_or_told_to_wait(api, dossier):
    system, errors, barrier = System.get(), [], threading.Barrier(3)

    def begin_and_fail() -> None:
        with db.connection_context():
            barrier.wait()
            for _turn in range(60):
                try:
                    Reply.begin(system, "one-envelope", "x")[0].forget()
                except ConflictError:
                    continue
                except Exception as error:
                    errors.append(error)

    threads = [threading.Thread(target=begin_and_fail) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


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
    assert set(answers) <= {201, 409} and 201 in answers and Event.select().count() == 2


def test_request_whose_process_was_lost_is_answered_when_it_is_sent_again(api, dossier):
    Reply.begin(System.get(), "one-envelope", f"{MOVES.format(dossier.number)}\n{json.dumps(received())}")
    raw = {"data": json.dumps(received()), "content_type": "application/json"}
    headers = {"Authorization": f"Bearer {api.token}", "Idempotency-Key": "one-envelope"}
    assert api.client.post(MOVES.format(dossier.number), headers=headers, **raw).status_code == 409
    Reply.update(at=now() - dt.timedelta(minutes=3)).execute()
    answers = [api.client.post(MOVES.format(dossier.number), headers=headers, **raw).status_code for _ in range(2)]
    assert answers == [201, 201] and Event.select().count() == 2
