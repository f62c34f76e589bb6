"""The site as gunicorn serves it: it reads the same file of settings as the commands, and names no software."""

import os
import re
import socket
import subprocess
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse

import pytest

from paths import ROOT
from support.living import BIN
from support.production import HOST, SITE, file_of_settings

pytestmark = pytest.mark.long
BEHIND_TLS = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-Host": HOST, "X-Forwarded-For": "192.0.2.1"}


@pytest.fixture
def environment(tmp_path, sqlite_url):
    """The environment of a service: one file has all settings."""
    file = file_of_settings(tmp_path / "etracking.env", DATABASE_URL=sqlite_url)
    bare = {name: text for name, text in os.environ.items() if not name.startswith(("ETRACKING_", "FLASK_"))}
    return bare | {"ETRACKING_ENV_FILE": str(file)}


@contextmanager
def gunicorn(environment: dict[str, str]):
    """gunicorn as the documents start it, and how to ask it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [BIN / "gunicorn", "--bind", f"fd://{listener.fileno()}", "--no-control-socket", "app:create_app()"]
        process = subprocess.Popen(
            command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True, pass_fds=[listener.fileno()]
        )
        port = listener.getsockname()[1]

        def ask(path: str, method: str = "GET", **headers: str) -> HTTPResponse:
            with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
                connection.request(method, path, headers=BEHIND_TLS | headers)
                answer = connection.getresponse()
                answer.read()
                return answer

        try:
            yield ask, process
        finally:
            process.terminate()
            process.communicate(timeout=30)


def test_gunicorn_and_commands_read_the_same_file_and_no_answer_names_software(environment, tmp_path):
    (tmp_path / ".env").write_text("ETRACKING_INBOX=true\nETRACKING_SITE_URL=http://localhost:8000\n")
    flask = [BIN / "flask", "--app", ROOT / "app", "config", "check"]
    said = subprocess.run(flask, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert said.returncode == 0 and f"site           {SITE}, 1 reverse proxy in front" in said.stdout, said.stderr
    with gunicorn(environment) as (ask, _process):
        asked = [
            ("/", {}),
            ("/static/site.css", {}),
            ("/nothing", {}),
            ("/", {"Host": "evil.example", "X-Forwarded-Host": ""}),
        ]
        for path, headers in asked:
            answer = ask(path, **headers)
            assert answer.getheader("Strict-Transport-Security"), path
            assert not re.search("gunicorn|python|werkzeug|flask", str(answer.getheaders()), re.IGNORECASE)
        assert ask("/sw.js").status == 200
        assert ask("/procedures", **{"X-Forwarded-Proto": "http"}).getheader("Location") == f"{SITE}/procedures"
        assert (
            ask("/healthz", **{"Host": "10.0.0.7", "X-Forwarded-Host": "", "X-Forwarded-Proto": "http"}).status == 200
        )


def test_gunicorn_does_not_start_on_wrong_settings_and_names_all_of_them(environment, tmp_path):
    file_of_settings(tmp_path / "etracking.env", PROXY_HOPS="one", HELPDESK_EMAIL="nobody", INBOX=True)
    with gunicorn(environment) as (_ask, process):
        _out, said = process.communicate(timeout=60)
    assert process.returncode == 3
    assert {"ETRACKING_PROXY_HOPS", "ETRACKING_HELPDESK_EMAIL", "ETRACKING_INBOX"} <= {
        *re.findall(r"ETRACKING_\w+", said)
    }
