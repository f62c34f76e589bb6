"""The service as it runs for real: gunicorn and the worker as processes of their own, a mail server, an SMS provider."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from werkzeug.serving import make_server

from paths import ROOT

BIN = Path(sys.executable).parent
PATIENCE = 30  # seconds that a test waits for what has to come: a busy machine is slow, not wrong
SECRET = "a secret of at least thirty-two characters"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Service:
    """What a test needs to know of a running service."""

    def __init__(self, url: str, environment: dict[str, str]) -> None:
        self.url, self.environment = url, environment

    def flask(self, *arguments: str, text: str = "") -> str:
        """Run a command of ours with the settings of the service."""
        command = [BIN / "flask", "--app", "app", *arguments]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, input=text, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def served(app: Callable[..., Iterable[bytes]], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of `app` on this machine."""

    def site(environ, start_response):
        parts = app(environ, start_response)
        with (
            closing(parts) if hasattr(parts, "close") else nullcontext()
        ):  # werkzeug forgets to if the browser goes away
            yield from parts

    server = make_server("127.0.0.1", 0, site, threaded=True, ssl_context=tls)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def service(
    folder: Path, stocked: Path | None = None, log: Path = Path(os.devnull), **settings: object
) -> Iterator[Service]:
    """Set a service up as `make run` does, on a free port, and take it down again. What it says goes into `log`.

    `stocked` is a SQLite file with the catalogue in it, to start on a copy of; to make one takes most of the time.
    """
    if stocked:
        shutil.copy(stocked, folder / "etracking.db")
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    chosen = {
        "SECRET_KEY": SECRET,
        "SITE_URL": f"http://127.0.0.1:{port}",
        "DATABASE_URL": f"sqlite:///{folder}/etracking.db",
        "UNDO_SECONDS": 0,
        "CAPTCHA_MIN_SECONDS": 0,
        "SMS_FROM_HOUR": 0,
        "SMS_UNTIL_HOUR": 24,  # tests are run at night too
        "STAFF_SECOND_FACTOR": False,
        "MAIL_SENDER": "noreply@example.lu",
    } | settings
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in chosen.items()}
    environment = os.environ | {f"ETRACKING_{name}": text for name, text in texts.items()}
    running = Service(f"http://127.0.0.1:{port}", environment)
    if not stocked:
        running.flask("db", "upgrade")
        running.flask("catalogue", "load")
    web = ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--workers", "1", "--bind", f"fd://{listener.fileno()}"]
    with listener:  # what is asked before gunicorn has started waits there
        processes = [start(web, environment, log, listener.fileno())]
    processes.append(start(["flask", "--app", "app", "notifications", "send"], environment, log))
    try:
        with urllib.request.urlopen(running.url + "/readyz?only=web", timeout=2 * PATIENCE) as answer:
            assert answer.status == 200
        yield running
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(2 * PATIENCE) for process in processes] == [0, 0]


def start(command: list[str], environment: dict[str, str], log: Path, *kept: int) -> subprocess.Popen:
    """Start one of our programs, which inherits these open files and writes what it says to the end of `log`."""
    program = [BIN / command[0], *command[1:]]
    with log.open("a") as said:
        return subprocess.Popen(program, env=environment, cwd=ROOT, stdout=said, stderr=said, pass_fds=kept)
