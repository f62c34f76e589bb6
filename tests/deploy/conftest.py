"""A server as docs/operating.md has it: nginx, gunicorn, the settings of production."""

import shutil
import tempfile
from pathlib import Path

import pytest

from models import Dossier, Form, Procedure, db
from support.nginx import HOST, NGINX, Front, Web
from support.sending import close
from support.site import running

SECRET = "kF9f3Qm1xW7dPz0bRt5uYc8vNa2sLe6hGj4iOo-_"


@pytest.fixture(scope="session")
def folder():
    """Where sockets lie: their path has at most 107 characters."""
    if not NGINX:
        pytest.skip("no nginx on this machine")
    with tempfile.TemporaryDirectory(prefix="et") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def web(folder, stocked_sqlite):
    """The site, at a socket; a request waits until it is up."""
    shutil.copy(stocked_sqlite, folder / "etracking.db")
    web = Web(
        folder / "web.sock",
        SECRET_KEY=SECRET,
        SITE_URL=f"https://{HOST}",
        DATABASE_URL=f"sqlite:///{folder}/etracking.db",
        PROXY_HOPS=1,
        MAIL_SERVER="smtp.example.lu",
        MAIL_SENDER="noreply@example.lu",
        MAIL_BOUNCE_SECRET=SECRET,
        HELPDESK_PHONE="+352 247 00000",
        HELPDESK_EMAIL="help@example.lu",
        METRICS_TOKEN=SECRET,
    )
    with web.listener:
        web.start()
        yield web
        web.stop()


@pytest.fixture(scope="session")
def front(folder, web):
    """nginx before the site."""
    front = Front(folder)
    with front.running():
        yield front


@pytest.fixture(scope="session")
def number(web):
    """The number of a dossier of the site behind nginx."""
    running(web.environment["ETRACKING_DATABASE_URL"], SECRET_KEY=SECRET)
    with db.connection_context():
        form = Form.select().join(Procedure).where(Procedure.slug == "rent-subsidy", Form.slug == "application").get()
        number = Dossier.announce(form, "en", "key-behind-nginx").number
    close()
    return number
