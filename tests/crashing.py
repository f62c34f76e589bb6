"""A process for tests that dies where it is told: `python -m crashing` takes orders, and forks for each of them.

An order is a line of JSON: what to `do` (a function of this module), its arguments, and at which `step` to die by
SIGKILL. A step is a statement to the database, a commit, or something written to the network; before each of them and
after each that changes the world outside. The answer is "died" or "lived", after what the order has seen by then.
"""

import json
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import vonage_messages  # noqa: F401  (once, not in each child)

from app import create_app
from blueprints.messages import Worker
from models import Dossier, Form, Message, Outcome, db, today

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
        dossier.move("received", by=None, version=dossier.version, arrived_on=today())


def work() -> None:
    Worker().work(SimpleQueue(), once=True)


def receipt(reference: str, outcome: str) -> None:
    with db.connection_context():
        Message.receipt(reference, Outcome(outcome), error="receipt")


def say(word: str) -> None:
    os.write(1, f"{word}\n".encode())


def obey(order: dict[str, Any]) -> None:
    """Do it in a child of this process; say how the child ended."""
    child = os.fork()
    if child == 0:
        count(order.pop("step"))
        do: Callable[..., None] = globals()[order.pop("do")]
        try:
            do(**order)
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)
    _child, status = os.waitpid(child, 0)
    died = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    say("died" if died else "lived" if status == 0 else "failed")


if __name__ == "__main__":
    app = create_app()
    for name in app.jinja_env.list_templates(filter_func=lambda name: name.startswith("messages/")):
        app.jinja_env.get_template(name)
    with app.app_context():
        for line in sys.stdin:
            obey(json.loads(line))
