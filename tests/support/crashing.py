"""A process for tests that dies where it is told: `python -m support.crashing` takes orders, and forks for each of them.

An order is a line of JSON: what to `do` (a function of this module), its arguments, and at which `step` to die by
SIGKILL. A step is a statement to the database, a commit, or something written to the network; before each of them and
after each that changes the world outside. The answer is "died" or "lived", after what the order has seen by then.
"""

import json
import os
import random
import secrets
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

import vonage_messages  # noqa: F401  (once, not in each child)

from app import create_app
from commands.worker import Worker
from models import Dossier, Form, Notification, Outcome, db, today
from models.dossiers.moves import Move

EMAIL, SMS = ("email", "someone@example.org"), ("sms", "+352621123456")


class Steps:
    """Counts, and kills this process at the step it is to die at."""

    def __init__(self, last: int) -> None:
        self.left = last

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str, after: bool = True) -> None:
        """Make each call of `owner.name` a step, and its return another one."""
        original = getattr(owner, name)

        def counted(*args: Any, **options: Any) -> Any:
            self()
            result = original(*args, **options)
            if after:
                self()
            return result

        setattr(owner, name, counted)


def count(last: int) -> None:
    """From here on this process takes so many steps and no more."""
    steps = Steps(last)
    steps.around(db.obj, "execute_sql", after=False)
    steps.around(db.obj, "commit")
    steps.around(socket.socket, "connect")
    steps.around(socket.socket, "sendall")
    steps.around(ssl.SSLSocket, "sendall")


def register(key: str) -> None:
    with db.connection_context():
        dossier = Dossier.announce(Form.get(), "en", key, [EMAIL, SMS])
    say(dossier.number)


def move(key: str) -> None:
    with db.connection_context():
        dossier = Dossier.get(Dossier.key == key)
        dossier.move(Move("received", by=None, version=dossier.version, arrived_on=today()))


def ask(token: str, number: str, key: str) -> None:
    """An authority's own system records the arrival of a dossier."""
    body = {"to": "received", "version": 1, "arrived_on": today().isoformat()}
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    site = app.config["SITE_URL"]
    answer = app.test_client().post(f"/api/v1/dossiers/{number}/moves", site, json=body, headers=headers)
    say(f"{answer.status_code} {answer.text.strip()}")


def work() -> None:
    Worker().work(SimpleQueue(), once=True)


def together(workers: int) -> None:
    """So many workers at once, until nothing is due."""
    for child in [fork(work) for _ in range(workers)]:
        assert os.waitpid(child, 0)[1] == 0


def storm(kills: int, workers: int = 4) -> None:
    """Citizens and clerks and so many workers, one of which is killed every few milliseconds; each rises again."""
    chance = random.Random(kills)
    busy = [live, *[toil] * workers]
    running = {fork(do): do for do in busy}
    for _ in range(kills):
        time.sleep(chance.uniform(0.005, 0.1))
        victim = chance.choice(list(running))
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        do = running.pop(victim)
        running[fork(do)] = do
    for child in running:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def toil() -> None:
    while True:
        work()


def live() -> None:
    """Registrations and arrivals without end; one in five is rolled back at the last moment."""
    while True:
        time.sleep(0.02)  # as fast as the workers can follow
        contacts = [EMAIL] if secrets.randbelow(10) else [EMAIL, SMS]  # SMS leave at their own pace
        with suppress(ZeroDivisionError), db.connection_context(), db.atomic():
            dossier = Dossier.announce(Form.get(), "en", secrets.token_hex(8), contacts)
            dossier.move(Move("received", by=None, version=1, arrived_on=today()))
            1 / secrets.randbelow(5)


def fork(do: Callable[[], None]) -> int:
    """A child of this process that does it, and ends with 0 if it comes to an end."""
    child = os.fork()
    if child == 0:
        try:
            do()
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)
    return child


def receipt(reference: str, outcome: str) -> None:
    with db.connection_context():
        Notification.record_delivery_report(reference, Outcome(outcome), error="receipt")


def say(word: str) -> None:
    os.write(1, f"{word}\n".encode())


def obey(order: dict[str, Any]) -> None:
    """Do it in a child of this process; say how the child ended."""
    step, do = order.pop("step"), globals()[order.pop("do")]

    def act() -> None:
        count(step)
        do(**order)

    _child, status = os.waitpid(fork(act), 0)
    died = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    say("died" if died else "lived" if status == 0 else "failed")


if __name__ == "__main__":
    app = create_app()
    for name in app.jinja_env.list_templates(filter_func=lambda name: name.startswith("notifications/")):
        app.jinja_env.get_template(name)
    with app.app_context():
        for line in sys.stdin:
            obey(json.loads(line))
