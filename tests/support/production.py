"""Production as a profile of the tests: https on a host of its own, behind a proxy, with the settings of a real site."""

import datetime as dt
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from senders.inbox import Entry
from support.living import served
from support.site import SETTINGS as SITE_SETTINGS
from support.site import running
from support.sms_stand_in import SmsProvider
from support.smtp_server import MailServer

ARRIVED = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)  # nobody asks when
SECRET_KEY = SITE_SETTINGS["SECRET_KEY"]
HOST = "etracking.example.lu"
SITE = f"https://{HOST}"
SETTINGS = {
    "SITE_URL": SITE,
    "PROXY_HOPS": 1,
    "MAIL_SERVER": "smtp.example.lu",
    "MAIL_SENDER": f"noreply@{HOST}",
    "HELPDESK_PHONE": "+352 247 00000",
    "HELPDESK_EMAIL": "helpdesk@example.lu",
    "CONTROLLER_NAME": "Ministry of Examples",
    "CONTROLLER_ADDRESS": "1, Example Street, L-1000 Luxembourg",
    "CONTROLLER_EMAIL": "privacy@example.lu",
    "DATA_PROTECTION_OFFICER": "dpo@example.lu",
    "LEGAL_BASIS": "Law of 1 April 2026 on examples",
    "AUDIT_DIR": "/var/lib/etracking/audit",
    "METRICS_TOKEN": "of the watcher who asks each minute",
    "STAFF_SECOND_FACTOR": True,
    "CAPTCHA_MIN_SECONDS": 2,
}


class Browser(FlaskClient):
    """A browser that reaches the site through a reverse proxy with TLS, as deploy/ has it.

    It sends a Referer, without which no form is accepted over https. The proxy speaks plain HTTP to the site.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", SITE)
        self.environ_base.setdefault("HTTP_REFERER", f"{SITE}/")
        return super().open(*args, **kwargs)

    def set_cookie(self, key: str, value: str = "", *, domain: str = HOST, **kwargs: Any) -> None:
        super().set_cookie(key, value, domain=domain, **kwargs)

    def get_cookie(self, key: str, domain: str = HOST, path: str = "/") -> Any:
        return super().get_cookie(key, domain, path)

    def run_wsgi_app(self, environ: dict[str, Any], buffered: bool = False) -> Any:
        return super().run_wsgi_app(proxied(environ), buffered)


def proxied(environ: dict[str, Any]) -> dict[str, Any]:
    """The request as the proxy passes it on: it adds the visitor's address to what the visitor claims to be."""
    claimed = environ.get("HTTP_X_FORWARDED_FOR")
    return environ | {
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_X_FORWARDED_FOR": ", ".join(filter(None, (claimed, environ["REMOTE_ADDR"]))),
        "HTTP_X_FORWARDED_PROTO": environ["wsgi.url_scheme"],
        "HTTP_X_FORWARDED_HOST": environ["HTTP_HOST"],
        "wsgi.url_scheme": "http",
    }


@contextmanager
def behind_tls(app: Flask, certificate: Path) -> Iterator[str]:
    """The address, in digits, of a reverse proxy with TLS before the site."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    with served(lambda environ, start_response: app(proxied(environ), start_response), tls) as address:
        yield address


class Letterbox:
    """What arrived at a mail server and an SMS provider, as the development inbox would show it."""

    def __init__(self, mail_server: MailServer, sms_provider: SmsProvider) -> None:
        self.mail_server, self.sms_provider = mail_server, sms_provider

    def __call__(self) -> list[Entry]:
        """All of it, the newest first."""
        return [*reversed([*self._mails()])] + [*reversed([*self._sms()])]

    def _mails(self) -> Iterator[Entry]:
        for number, mail in enumerate(self.mail_server.mails):
            text, to, sender = mail.get_body(("plain",)).get_content(), mail["To"], mail["From"]
            yield Entry(
                name=f"{number}.eml",
                at=ARRIVED,
                channel="email",
                to=to,
                sender=sender,
                text=text,
                subject=mail["Subject"],
            )

    def _sms(self) -> Iterator[Entry]:
        for number, (_path, _headers, sms) in enumerate(self.sms_provider.posts):
            yield Entry(
                name=f"{number}.txt", at=ARRIVED, channel="sms", to=sms["to"], sender=sms["from"], text=sms["text"]
            )


def file_of_settings(path: Path, **settings: object) -> Path:
    """The settings of production in a file, as a server has them."""
    chosen = {"SECRET_KEY": SECRET_KEY} | SETTINGS | settings
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in chosen.items()}
    path.write_text("".join(f"ETRACKING_{name}='{text}'\n" for name, text in texts.items()))
    return path


def site(url: str, **settings: object) -> Flask:
    """The site in production, on the database at `url`."""
    app = running(url, **SETTINGS | settings)
    app.test_client_class = Browser
    app.config["CAPTCHA_MIN_SECONDS"] = 0  # tests type faster than a person
    return app
