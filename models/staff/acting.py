"""Who acts where no member of staff is signed in: an operator, by a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

_acting: ContextVar["Command | None"] = ContextVar("acting", default=None)


@dataclass
class Command:
    """A command that is running. The operator is known by the number of the account of the operating system."""

    name: str
    operator: int
    rows: int = 0  # of the audit log, written so far

    def details(self) -> dict[str, Any]:
        """What a row of the audit log says of it."""
        self.rows += 1
        return {"command": self.name, "operator": self.operator}


@contextmanager
def by_command(name: str, operator: int) -> Iterator[Command]:
    """Inside the block, in this thread, all that is done is done by this command."""
    command = Command(name, operator)
    before = _acting.set(command)
    try:
        yield command
    finally:
        _acting.reset(before)


def command() -> Command | None:
    """The command that is running; None in a web server or worker."""
    return _acting.get()
