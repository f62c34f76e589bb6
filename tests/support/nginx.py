"""nginx with deploy/nginx/etracking.conf before gunicorn with deploy/gunicorn.conf.py, over TLS, as on a server."""

import json
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import urllib3

from paths import ROOT
from support.living import BIN
from support.smtp_server import make_certificate

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
HOST = "etracking.example.lu"
# As Debian's, in what counts for a site.
MAIN = """
{user}
pid {folder}/nginx.pid;
error_log {folder}/start.log;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
    gzip on;
    include {folder}/etracking.conf;
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Web:
    """gunicorn behind a socket that stays open while it is restarted, as systemd does it by etracking-web.socket."""

    def __init__(self, path: Path, **settings: object) -> None:
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in settings.items()}
        self.environment = os.environ | {f"ETRACKING_{name}": text for name, text in texts.items()}
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(128)

    def start(self) -> None:
        given = self.listener.fileno()
        command = f"exec 3<&{given}; LISTEN_FDS=1 LISTEN_PID=$$ exec {BIN}/gunicorn --config deploy/gunicorn.conf.py"
        self.process = subprocess.Popen(["bash", "-c", command], env=self.environment, cwd=ROOT, pass_fds=[given])

    def stop(self) -> None:
        """End it as systemd does; requests that come meanwhile wait at the socket."""
        self.process.terminate()
        assert self.process.wait(20) == 0


class Front:
    """nginx before web.sock of `folder`, and a client of it that takes HOST for this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.certificate = folder, make_certificate(folder, HOST)
        self.http, self.https = free_port(), free_port()
        own = (ROOT / "deploy" / "nginx" / "etracking.conf").read_text(encoding="utf-8")
        lines = [line for line in own.splitlines() if "listen [::]" not in line]
        changed = "\n".join(lines)
        for old, new in {
            "listen 80": f"listen 127.0.0.1:{self.http}",
            "listen 443": f"listen 127.0.0.1:{self.https}",
            "/etc/etracking/tls/fullchain.pem": str(self.certificate),
            "/etc/etracking/tls/privkey.pem": str(self.certificate),
            "/var/log/nginx/etracking.log": f"{folder}/access.log",
            "/run/etracking/web.sock": f"{folder}/web.sock",
            "/opt/etracking/current": str(ROOT),
        }.items():
            assert old in changed
            changed = changed.replace(old, new)
        (folder / "etracking.conf").write_text(changed, encoding="utf-8")
        user = "user root;" if os.getuid() == 0 else ""
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user), encoding="utf-8")

    @property
    def command(self) -> list[str]:
        return [NGINX, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-e", f"{self.folder}/start.log"]

    @contextmanager
    def running(self) -> Iterator[None]:
        checked = subprocess.run([*self.command, "-t"], capture_output=True, text=True, timeout=30)
        assert checked.returncode == 0 and "warn" not in checked.stderr, checked.stderr
        # nginx goes into the background once it listens
        subprocess.run(self.command, check=True, timeout=30)
        try:
            yield
        finally:
            subprocess.run([*self.command, "-s", "stop"], check=True, timeout=30)

    @contextmanager
    def pool(self, source: str = "127.0.0.1") -> Iterator[urllib3.HTTPSConnectionPool]:
        """Connections from the address `source`."""
        trust = ssl.create_default_context(cafile=self.certificate)
        with urllib3.HTTPSConnectionPool(
            "127.0.0.1",
            self.https,
            server_hostname=HOST,
            assert_hostname=HOST,
            ssl_context=trust,
            source_address=(source, 0),
            timeout=30,
            retries=False,
            maxsize=4,
        ) as pool:
            yield pool

    def ask(self, path: str, method: str = "GET", source: str = "127.0.0.1", **more) -> urllib3.BaseHTTPResponse:
        """The answer over https to a visitor from `source`; redirects are not followed."""
        headers = {"Host": HOST} | more.pop("headers", {})
        with self.pool(source) as pool:
            return pool.request(method, path, headers=headers, redirect=False, **more)

    def ask_plain(self, path: str, host: str = HOST, method: str = "GET") -> urllib3.BaseHTTPResponse:
        """The answer over http."""
        with urllib3.HTTPConnectionPool("127.0.0.1", self.http, timeout=30, retries=False) as pool:
            return pool.request(method, path, headers={"Host": host}, redirect=False)

    @contextmanager
    def connection(self, name: str = HOST, **context: object) -> Iterator[ssl.SSLSocket]:
        """A connection over TLS to write bytes into; `context` has attributes of its SSL context."""
        trust = ssl.create_default_context(cafile=self.certificate)
        trust.check_hostname = False
        trust.set_alpn_protocols(["h2", "http/1.1"])
        for attribute, value in context.items():
            setattr(trust, attribute, value)
        with (
            socket.create_connection(("127.0.0.1", self.https), timeout=30) as plain,
            trust.wrap_socket(plain, server_hostname=name) as connection,
        ):
            yield connection

    @property
    def logged(self) -> str:
        """All that nginx wrote into files so far: a visitor has the answer before its line is there."""
        return "".join(path.read_text(encoding="utf-8") for path in self.folder.glob("*.log"))
