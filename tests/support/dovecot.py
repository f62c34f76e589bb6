"""A Dovecot of its own, with one mailbox over TLS on this machine."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.nginx import free_port

DOVECOT = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
OWNER, PASSWORD = "nobody", "of-the-mailbox"
SETTINGS = """base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
mail_location = maildir:~/Maildir
namespace inbox {{
  inbox = yes
  prefix = {prefix}
  separator = .
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid=nogroup home={folder}/home
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
  }}
}}
"""


class Dovecot:
    """One that runs. Its mails are files."""

    def __init__(self, folder: Path, port: int) -> None:
        self.mails = folder / "home/Maildir"
        self.settings = {
            "MAIL_BOUNCE_SERVER": "127.0.0.1",
            "MAIL_BOUNCE_PORT": port,
            "MAIL_BOUNCE_USERNAME": "bounces",
            "MAIL_BOUNCE_PASSWORD": PASSWORD,
        }

    def read(self, folder: str = "") -> list[bytes]:
        """The mails of a folder; of the INBOX without a name."""
        return [path.read_bytes() for path in sorted((self.mails / folder).glob("[cn][ue][rw]/*"))]


@contextmanager
def dovecot(certificate: Path, *mails: bytes, prefix: str = "") -> Iterator[Dovecot]:
    """Dovecot with these mails in the INBOX; the names of other folders begin with `prefix`."""
    folder, port = Path(tempfile.mkdtemp(prefix="dovecot")), free_port()
    folder.chmod(0o755)
    shutil.copy(certificate, folder / "server.pem")
    (folder / "conf").write_text(
        SETTINGS.format(folder=folder, port=port, owner=OWNER, password=PASSWORD, prefix=prefix)
    )
    inbox = folder / "home/Maildir/new"
    inbox.mkdir(parents=True)
    for number, mail in enumerate(mails):
        (inbox / f"{1700000000 + number}.M1P1.host").write_bytes(mail)
    subprocess.run(["chown", "-R", OWNER, folder / "home"], check=True)
    try:
        subprocess.run([DOVECOT, "-c", folder / "conf"], check=True, timeout=60)
        yield Dovecot(folder, port)
    finally:
        subprocess.run([DOVECOT, "-c", folder / "conf", "stop"], check=False, timeout=60)
        shutil.rmtree(folder)
