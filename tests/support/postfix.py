"""A Postfix of its own: its folder, queue and port are the test's, and it delivers to this machine alone."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.nginx import free_port

PATH = f"{os.environ['PATH']}:/usr/sbin"
POSTFIX = shutil.which("postfix", path=PATH)
DEBIAN = Path("/etc/postfix")
MAIN = """compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.org
mydestination = example.org
# It takes mails for anybody, and finds out later that there is no such user: so it has to report that itself.
local_recipient_maps =
alias_maps =
default_transport = error:5.4.4 nothing leaves this machine
minimal_backoff_time = 1s
queue_run_delay = 1s
"""


class Postfix:
    """One that runs. `port` takes mails."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port

    @property
    def log(self) -> str:
        """What it has logged so far."""
        path = self.folder / "mail.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _master(port: int) -> str:
    """Debian's services, none of them in a chroot, with SMTP on `port`."""
    lines = (DEBIAN / "master.cf.proto").read_text(encoding="utf-8").splitlines()
    services = [
        line for line in lines if re.match(r"[a-z]\S*\s+(inet|unix|unix-dgram)\s", line) and " pipe" not in line
    ]
    own = [re.sub(r"^(\S+\s+\S+\s+\S+\s+\S+\s+)\S+", r"\1n", line) for line in services]
    return "\n".join(re.sub(r"^smtp(\s+inet)", rf"127.0.0.1:{port}\1", line) for line in own) + "\n"


@contextmanager
def postfix(main: str, master: str) -> Iterator[Postfix]:
    """Postfix with these lines added to its two files; `{folder}` in them is its own folder."""
    folder, port = Path(tempfile.mkdtemp(prefix="postfix")), free_port()
    try:
        folder.chmod(0o755)
        (folder / "queue").mkdir()
        (folder / "data").mkdir()
        shutil.chown(folder / "data", "postfix")
        shutil.copytree(DEBIAN, folder / "etc", symlinks=True)
        (folder / "etc/main.cf").write_text((MAIN + main).replace("{folder}", str(folder)))
        (folder / "etc/master.cf").write_text(_master(port) + master.replace("{folder}", str(folder)))
        _tell(folder, "start")
        yield Postfix(folder, port)
    finally:
        _tell(folder, "stop", check=False)
        shutil.rmtree(folder)


def _tell(folder: Path, command: str, check: bool = True) -> None:
    environment = os.environ | {"PATH": PATH}
    subprocess.run(
        [POSTFIX, "-c", folder / "etc", command], check=check, env=environment, capture_output=True, timeout=60
    )
