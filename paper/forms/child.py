"""The process in which the files of others are read. What it answers is JSON and bytes: nothing that could run."""

import json
import os
import resource
import signal
from contextlib import suppress
from multiprocessing.connection import Connection

from paper.forms.examination import AcceptedForm, FormRefusedError, examine, examine_briefly
from paper.forms.stamp import Place

OUT_OF_TIME = signal.SIGPROF  # ends the process when its time is used up, even within a library


def serve(connection: Connection, memory: int) -> None:
    """Say that all libraries are loaded, then examine every form that comes, until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command, which ends this process
    signal.signal(OUT_OF_TIME, signal.SIG_DFL)
    _limit(memory)
    _silence()
    connection.send_bytes(b"ready")
    with suppress(EOFError):
        while True:
            question = json.loads(connection.recv_bytes())
            _examine(connection, connection.recv_bytes(), **question)


def ask(connection: Connection, data: bytes, reason: str, seconds: float) -> None:
    """Send a form to the child: to examine it, or briefly if there is a `reason` not to do more.

    The child ends by OUT_OF_TIME if that takes more `seconds` of the processor.
    """
    connection.send_bytes(json.dumps({"reason": reason, "seconds": seconds}).encode())
    connection.send_bytes(data)


def received(connection: Connection) -> AcceptedForm | FormRefusedError:
    """What the child answers. Raises EOFError or OSError if it has died, RuntimeError if it could not do its work."""
    answer = json.loads(connection.recv_bytes())
    if "fault" in answer:
        raise RuntimeError(answer["fault"])
    if "reason" in answer:
        return FormRefusedError(answer["reason"], answer["page"])
    places = [Place.restored(place) for place in answer["places"]]
    return AcceptedForm(connection.recv_bytes(), places, len(places), answer["notes"])


def _examine(connection: Connection, data: bytes, reason: str, seconds: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        form = examine_briefly(data, reason) if reason else examine(data)
    except FormRefusedError as error:
        _send(connection, reason=error.reason, page=error.page)
    except MemoryError:
        _send(connection, reason="too-much-memory", page=None)
        raise EOFError from None  # what is left of the memory may be in pieces: the next form gets a new process
    except Exception as error:  # missing fonts, for instance: no fault of the form
        _send(connection, fault=f"{type(error).__name__}: {error}")
    else:
        _send(connection, places=[place.stored if place else None for place in form.places], notes=form.notes)
        connection.send_bytes(form.data)
    signal.setitimer(signal.ITIMER_PROF, 0)


def _send(connection: Connection, **answer: object) -> None:
    connection.send_bytes(json.dumps(answer).encode())


def _silence() -> None:
    """Let the libraries, also those in C, warn nobody: what is wrong with a form is said by its notes and reasons."""
    with open(os.devnull, "wb") as nowhere:
        for output in (1, 2):
            os.dup2(nowhere.fileno(), output)


def _limit(memory: int) -> None:
    """Bound the memory that can be written to: threads reserve far more (RLIMIT_AS), which costs nothing.

    A sandbox may forbid it; it has a limit of its own then.
    """
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
