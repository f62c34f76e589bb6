"""Production as a profile of the tests: https on a host of its own, behind a proxy, with the settings of a real site."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from support.site import running

HOST = "etracking.example.lu"
SITE = f"https://{HOST}"
SETTINGS = {
    "SITE_URL": SITE,
    "PROXY_HOPS": 1,
    "MAIL_SERVER": "smtp.example.lu",
    "MAIL_SENDER": f"noreply@{HOST}",
    "HELPDESK_PHONE": "+352 247 00000",
    "HELPDESK_EMAIL": "helpdesk@example.lu",
    "METRICS_TOKEN": "of the watcher who asks each minute",
    "STAFF_SECOND_FACTOR": True,
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


def site(url: str, **settings: object) -> Flask:
    """The site in production, on the database at `url`."""
    app = running(url, **SETTINGS | settings)
    app.test_client_class = Browser
    return app
