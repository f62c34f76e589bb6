"""The site as `make run` starts it, on a SQLite file of its own."""

import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from app import create_app
from models import Form, Procedure, db
from paths import ROOT

BIN = Path(sys.executable).parent
# As in deploy/systemd/etracking-.service.d/common.conf
MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_MMAP_THRESHOLD_": "65536"}


def settings(folder: str) -> dict[str, str]:
    """What the environment needs to hold."""
    chosen = {"SITE_URL": "http://127.0.0.1:9", "INBOX": "true", "INBOX_DIR": f"{folder}/inbox"}
    chosen["SECRET_KEY"] = secrets.token_urlsafe(48)
    return {f"ETRACKING_{name}": value for name, value in chosen.items()} | {
        "ETRACKING_DATABASE_URL": f"sqlite:///{folder}/bench.db"
    }


def prepare() -> Form:
    """A database with the catalogue in it; the first form that is tracked."""
    runner = create_app().test_cli_runner()
    for command in (["db", "upgrade"], ["catalogue", "load"]):
        result = runner.invoke(args=command)
        assert result.exit_code == 0, result.output
    db.connect(reuse_if_open=True)
    return Form.select().join(Procedure).where(Form.tracked).first()


class serve:
    """gunicorn as `make run` starts it, for as long as the block lasts."""

    def __init__(self, application: str = "app:create_app()") -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{listener.getsockname()[1]}"
        self.url = f"http://{address}"
        self.command = [BIN / "gunicorn", "--bind", address, "--workers", "2", "--worker-class"]
        self.command += ["gthread", "--threads", "4", "--no-control-socket", "--log-level", "error", application]

    def __enter__(self) -> str:
        self.process = subprocess.Popen(self.command, cwd=ROOT, env=os.environ | MALLOC)
        while self.process.poll() is None:
            try:
                urllib.request.urlopen(self.url + "/healthz", timeout=5)
                return self.url
            except OSError:  # not yet there, or on a busy machine not yet quick
                time.sleep(0.05)
        raise RuntimeError("gunicorn did not start")

    def __exit__(self, *_error: object) -> None:
        self.process.terminate()
        self.process.wait()

    def spent(self) -> list[float]:
        """The processor time of each worker so far, in seconds."""
        fields = [Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split() for worker in self._workers()]
        return [(int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK") for stat in fields]  # utime, stime: proc(5)

    def memory(self) -> tuple[list[int], list[int]]:
        """The memory of each worker in MiB: RSS, and PSS, where what several hold counts once (proc(5))."""
        texts = [Path(f"/proc/{worker}/smaps_rollup").read_text() for worker in self._workers()]
        held = [
            [int(re.search(rf"^{name}: +(\d+) kB", text, re.M)[1]) // 1024 for text in texts] for name in ("Rss", "Pss")
        ]
        return held[0], held[1]

    def _workers(self) -> list[str]:
        main = self.process.pid
        return Path(f"/proc/{main}/task/{main}/children").read_text().split()
