"""The one door through which a PDF of an authority enters the catalogue: read in a process of its own, within limits.

The libraries that read PDFs are written in C and C++: a file of two kilobytes can keep them busy for ever, use up the
memory, or end the process. So another process reads the file, with limited time of the processor: a busy machine
is no fault of a form. Multiprocessing of the standard library does it: its pools cannot end a child that hangs.
"""

import multiprocessing
import threading
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from paper.forms import child
from paper.forms.examination import AcceptedForm, FormRefusedError

# A forked child would hang as soon as it typesets a stamp, if this process has typeset anything before.
_context = multiprocessing.get_context("spawn")


START = 60  # seconds, in which the child loads its libraries
OVER = ("too-slow", "too-much-memory", "crashed")


@dataclass(frozen=True)
class Limits:
    """What one form may use up, from the moment at which it is handed over: time of the processor, and bytes of memory.

    On an idle machine that is less than 15 seconds in all, with the start of a new process between the two.
    """

    seconds: float = 8  # a form takes less than three; what takes more is a book, or was made to take long
    last_seconds: float = 3  # to find out whether a form that took too much can be opened at all
    wait: float = 120  # seconds by the clock on the wall, for a process that does nothing at all
    memory: int = 1536 * 1024 * 1024  # an A0 page drawn in colour takes 300 MB, the libraries themselves 150 MB


class Examiner:
    """Examines forms one after the other in a child process, which is started when needed and after it was lost."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._lock = threading.Lock()
        self._child: tuple[SpawnProcess, Connection] | None = None

    def accept(self, data: bytes) -> AcceptedForm:
        """Prepare a form for being handed out with a number; by its sheet alone if examining it takes too much.

        Raises FormRefusedError with the reason: those of `examine`, or too-slow, too-much-memory, crashed.
        RuntimeError is no fault of the form: the fonts are not installed, for instance.
        """
        with self._lock:
            try:
                return self._answer(data, "", self.limits.seconds)
            except FormRefusedError as error:
                if error.reason not in OVER:
                    raise
                with suppress(FormRefusedError):
                    return self._answer(data, error.reason, self.limits.last_seconds)
                raise

    def close(self) -> int | None:
        """End the child, whatever it is doing. Returns how it ended: below zero, the signal that ended it."""
        if self._child is None:
            return None
        process, connection = self._child
        self._child = None
        process.kill()
        process.join()
        connection.close()
        return process.exitcode

    def _answer(self, data: bytes, reason: str, seconds: float) -> AcceptedForm:
        """What the child says within so many seconds of the processor; examined briefly if there is a `reason`."""
        try:
            connection = self._connection()
            child.ask(connection, data, reason, seconds)
            if not connection.poll(self.limits.wait):
                raise FormRefusedError("too-slow")
            answer = child.received(connection)
        except (EOFError, OSError) as error:  # it has died
            raise FormRefusedError("too-slow" if self.close() == -child.OUT_OF_TIME else "crashed") from error
        except BaseException:
            self.close()  # what it answers later would be taken for the answer to the next form
            raise
        if isinstance(answer, FormRefusedError):
            raise answer
        return answer

    def _connection(self) -> Connection:
        """The connection to the child, which has read its libraries: that does not count as time of the form."""
        if self._child and not self._child[0].is_alive():
            self.close()
        if self._child is None:
            ours, theirs = _context.Pipe()
            process = _context.Process(target=child.serve, args=(theirs, self.limits.memory), daemon=True)
            process.start()
            theirs.close()
            self._child = process, ours
            self._wait(ours)
        return self._child[1]

    def _wait(self, connection: Connection) -> None:
        """Wait until the child is ready. Raises RuntimeError if it never is: that is no fault of a form."""
        with suppress(EOFError, OSError):
            if connection.poll(START) and connection.recv_bytes():
                return
        raise RuntimeError("the process that reads PDFs does not start")


accept = Examiner().accept
