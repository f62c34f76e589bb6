"""A site of real processes under load, whose processes and database are killed; and what its visitors were promised."""

import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import requests
from bs4 import BeautifulSoup

from models import today
from models.security import keys
from paths import ROOT
from support.registration import CONTACT, START, proof
from support.systems import MOVES
from support.visitor import values

PATIENCE = 120.0  # seconds after which somebody who tries again and again has failed
WORKER = [sys.executable, "-m", "flask", "--app", "app", "notifications", "send"]


class Site:
    """gunicorn with two workers, and the worker that sends."""

    def __init__(self, environ: dict[str, str], postgresql=None) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.url, self.environ, self.postgresql = f"http://{self.address}", environ, postgresql
        self.kills: list[str] = []
        self.start_web()
        self.start_worker()

    def _start(self, command: list[str]) -> subprocess.Popen:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=ROOT, env=self.environ, start_new_session=True, **quiet)

    def start_web(self) -> None:
        gunicorn = [str(Path(sys.executable).parent / "gunicorn"), "--bind", self.address, "--workers", "2"]
        gunicorn += ["--worker-class", "gthread", "--threads", "4", "--no-control-socket", "app:create_app()"]
        self.web = self._start(gunicorn)

    def start_worker(self) -> None:
        self.worker = self._start(WORKER)

    def kill(self, what: str) -> None:
        """Kill one part of it with SIGKILL; whoever watches over it starts it again."""
        self.kills.append(what)
        getattr(self, f"kill_{what}")()

    def kill_web_worker(self) -> None:
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text().split()
        with suppress(ProcessLookupError):  # gunicorn is just starting
            os.kill(int(random.choice(children or ["0"])) or self.web.pid, signal.SIGKILL)

    def kill_web(self) -> None:
        self._end(self.web)
        self.start_web()

    def kill_worker(self) -> None:
        self._end(self.worker)
        self.start_worker()

    def kill_database(self) -> None:
        server = self.postgresql.get_pid()
        os.kill(server, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{server}").exists())
        until(self._database_runs)

    def _database_runs(self) -> bool:
        with suppress(subprocess.SubprocessError, AssertionError):  # what was left of the old one is still there
            self.postgresql.ensure_postgres_running()
            return True
        return False

    def _end(self, process: subprocess.Popen) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def storm(self, kills: int, acknowledged: Callable[[], int]) -> None:
        """So many kills, in random order; one in four comes before the site has recovered from the last one."""
        parts = ["web_worker", "web", "worker", *(["database"] if self.postgresql else [])]
        for _ in range(kills):
            if random.randrange(4):
                wanted = acknowledged() + random.randrange(1, 20)
                until(lambda wanted=wanted: self._web_runs() and acknowledged() >= wanted)
            time.sleep(random.uniform(0, 0.5))
            self.kill(random.choice(parts))
        self._web_runs()

    def _web_runs(self) -> bool:
        if self.web.poll() is not None:  # its only process was hit
            self.start_web()
        return True

    def stop(self) -> None:
        self._end(self.web)
        self._end(self.worker)

    def drain(self) -> None:
        """Send what is left."""
        self._end(self.worker)
        subprocess.run([*WORKER, "--once"], cwd=ROOT, env=self.environ, check=True, stderr=subprocess.DEVNULL)


def until(done):
    """The first true value of `done()`; while there is no answer, or 5xx, it is asked again."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(requests.RequestException):
            if found := done():
                return found
        time.sleep(0.05)
    raise TimeoutError


class Load:
    """Citizens and a system of an authority, each of whom sends the same again until it is answered."""

    def __init__(self, site: Site, secret: str, token: str) -> None:
        self.site, self.token = site, token
        keys.initialize(secret)
        self.registered: dict[str, str] = {}  # e-mail address: the number that its citizen saw
        self.moved: dict[str, str] = {}  # number: the answer to its move
        self.failed: list[BaseException] = []
        self.over = threading.Event()
        self.threads = [
            threading.Thread(target=self._live, args=[act]) for act in (self.register, self.register, self.move)
        ]

    def __enter__(self) -> "Load":
        [thread.start() for thread in self.threads]
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        [thread.join() for thread in self.threads]

    def acknowledged(self) -> int:
        """How many registrations and moves were answered."""
        if self.failed:
            raise self.failed[0]
        return len(self.registered) + len(self.moved)

    def _live(self, act) -> None:
        while not self.over.is_set() and not self.failed:
            try:
                act()
            except BaseException as error:
                self.failed.append(error)

    def _ask(self, browser, method: str, path: str, **options):
        """The answer to a request that is sent until there is one that is no fault of ours. A bug shows as a 500."""

        def once():
            answer = browser.request(method, self.site.url + path, allow_redirects=False, timeout=20, **options)
            assert answer.status_code != 500, f"{method} {path}"
            return answer if answer.status_code < 500 else None

        return until(once)

    def register(self) -> None:
        with requests.Session() as browser:
            visitor = f"198.{random.randrange(18, 20)}.{random.randrange(256)}.{random.randrange(256)}"
            browser.headers.update({"X-Forwarded-For": visitor, "Host": "localhost"})
            form = self._form(browser, START)
            data = form | {"captcha_proof": proof()}
            data.pop("captcha_code", None)
            if self._ask(browser, "POST", START, data=data).status_code != 303:
                return  # its answer was lost twice: a person begins again
            data = self._form(browser, CONTACT)
            email = f"{secrets.token_hex(8)}@example.org"
            answer = self._ask(browser, "POST", CONTACT, data=data | {"by_email": "y", "email": email})
            assert answer.status_code == 303, answer.text
            self.registered[email] = answer.headers["Location"].split("/t/")[1][:13]

    def _form(self, browser, path: str) -> dict[str, str]:
        page = BeautifulSoup(self._ask(browser, "GET", path).text, "html.parser")
        return values(page.select_one(f"form[action^='{path}']"))

    def move(self) -> None:
        waiting = [number for number in list(self.registered.values()) if number not in self.moved]
        if not waiting:
            time.sleep(0.1)
            return
        self.moved[waiting[0]] = self.send(waiting[0])

    def send(self, number: str) -> str:
        """The answer to the move of this dossier, which is the same each time."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"move-{number}", "Host": "localhost"}
        body = {"to": "received", "version": 1, "arrived_on": today().isoformat()}
        answer = self._ask(requests, "POST", MOVES.format(number), json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.text
