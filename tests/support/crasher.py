"""A process that dies where it is told, see support.crashing."""

import json
import subprocess
import sys

from models import db
from paths import ROOT
from support.sending import environment
from support.waiting import eventually


class Crasher:
    """Has a forked process do something, and die at a step of it."""

    def __init__(self, app) -> None:
        environ = environment(app) | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "support.crashing"],
            cwd=ROOT,
            env=environ,
            text=True,
            bufsize=1,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __call__(self, do: str, step: int, **arguments: str) -> tuple[str, list[str]]:
        """How it ended, "died" or "lived", and what it had said by then."""
        self.process.stdin.write(json.dumps({"do": do, "step": step} | arguments) + "\n")
        said = []
        while (line := self.process.stdout.readline().strip()) not in ("died", "lived"):
            assert line not in ("failed", ""), f"{do} failed by itself at step {step}"
            said.append(line)
        settle()
        return line, said


def settle() -> None:
    """Wait until PostgreSQL has noticed that the client is gone, and has rolled back what it had begun."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    with db.connection_context():
        assert not db.for_update or eventually(lambda: db.execute_sql(others).fetchone() == (0,), pause=0)
