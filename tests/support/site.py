"""The site as tests start it, its staff, and the browsers in which they have signed in."""

from flask import Flask
from jinja2 import FileSystemBytecodeCache

import senders
import web.settings
from app import create_app
from blueprints.accounts.signed_in import enter
from models import Authority, Staff, now
from models.base import PRAGMAS
from models.security import keys
from models.staff import passwords
from models.staff.proof import Proof
from support.visitor import Visitor
from web import database as storage
from web import page_cache
from web.state import state

DURABLE = PRAGMAS.copy()
PRAGMAS["synchronous"] = "off"  # no power cut is tested here
page_cache.CHECK_EVERY = 0  # a test sees at once what it has changed
PASSWORD = "correct horse battery"
COSTLY = passwords.COST.copy()
passwords.COST.update(time_cost=1, memory_cost=8)  # what a real hash costs has tests of its own
QUICK = passwords.rehashed(PASSWORD)
COMPILED = FileSystemBytecodeCache()
# A key, but not of the kind that Vonage takes: an SMS without the stand-in (sms_stand_in.py) stays here.
UNUSABLE_KEY = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIPOeSORRvOvnmq6oarKyU9MlO7XX+vL62MdDlTVlflyd
-----END PRIVATE KEY-----
"""
SETTINGS = {
    "SECRET_KEY": "Vq3xW8mZ0pT5-rLkJ7cYbN2dHs9GfA4uRiE6oXwM",
    "SITE_URL": "http://localhost",
    "MAIL_SERVER": "127.0.0.1",
    "MAIL_SENDER": "noreply@example.lu",
    "CAPTCHA_MIN_SECONDS": 0,
    "VONAGE_APPLICATION_ID": "app",  # so that SMS are offered
    "VONAGE_PRIVATE_KEY": UNUSABLE_KEY,
    "SMS_FROM_HOUR": 0,
    "SMS_UNTIL_HOUR": 24,  # tests are run at night too
    "TESTING": True,
}


# What create_app() itself is guided by; all other settings are read when they are needed.
MADE_BY = ("SECRET_KEY", "KEYS", "SITE_URL", "PROXY_HOPS", "INBOX", "ACCESS_LOG", "LOG_FORMAT", "TESTING")
SITES: dict[
    str, tuple[Flask, dict]
] = {}  # those settings -> the site, as it was made: to make one costs as much as a test
READER = Flask("settings")
UNSET = dict(READER.config)


def running(url: str, **settings) -> Flask:
    """The site on the database at `url`, as if it had just been started."""
    # Where there is no TLS, a password alone may open the desk: most tests are about something else.
    settings.setdefault("STAFF_SECOND_FACTOR", str(settings.get("SITE_URL", "")).startswith("https:"))
    return made(SETTINGS | {"DATABASE_URL": url} | settings)


def made(given: dict) -> Flask:
    """The site with these settings, as create_app() would make it anew."""
    name = repr([given.get(name) for name in MADE_BY])
    if name not in SITES:
        site = create_app(given)
        site.jinja_env.bytecode_cache = COMPILED
        SITES[name] = site, dict(site.config)
    site, config = SITES[name]
    site.config.clear()  # what a test has changed
    site.config.update(config | read(given))
    state(site).forget()  # what the process remembers of the database it had
    keys.initialize(*(key.secret for key in site.config["KEY_RING"]))
    senders.init_app(site)
    if hasattr(state(site).database, "close_idle"):
        state(site).database.close_idle()
    storage.use(site, given["DATABASE_URL"])
    return site


def read(given: dict) -> dict:
    """The settings with what follows from them. Raises BadSettingError as create_app() does."""
    READER.config.clear()
    READER.config.update(UNSET)
    web.settings.load(READER, given)
    return dict(READER.config)


def account(email: str, role: str, authority: Authority | None = None) -> Staff:
    """An account with PASSWORD, which it takes no time to check."""
    return Staff.create(email=email, role=role, authority=authority, password_hash=QUICK, created_at=now())


def signed_in(app: Flask, staff: Staff) -> Visitor:
    """A browser in which `staff` has signed in, in production by a passkey. How that is done has tests of its own."""
    browser = Visitor(app)
    for name, value in cookies(app, staff):
        browser.client.set_cookie(name, value)
    return browser


def cookies(app: Flask, staff: Staff) -> list[tuple[str, str]]:
    """What a browser is given when `staff` signs in: names and values."""
    way = "passkey" if app.config["SESSION_COOKIE_SECURE"] else "password"
    with app.test_request_context(base_url=app.config["SITE_URL"]):
        answer = enter(Proof(staff, way))
    given = [cookie.partition(";")[0].partition("=") for cookie in answer.headers.getlist("Set-Cookie")]
    return [(name, value) for name, _is, value in given]
