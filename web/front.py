"""Between the web server and the pages: what our proxies say of a visitor, and the host name that was asked for."""

import sys
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

DEFAULT_PORTS = {"http": ":80", "https": ":443"}
PUBLIC_NAME = "eTracking"  # of the server, in the header Server


class HostNames:
    """WSGI middleware: one spelling of the host name, whatever was asked for; the rest compares it as it stands.

    A browser sends it in small letters without a port, but other programs do not. Paths in `any_host` are for machines
    close by, which ask this process by its IP address: they are answered under every name.
    """

    def __init__(self, application: Any, site_host: str, any_host: tuple[str, ...]) -> None:
        self.application, self.site_host, self.any_host = application, site_host, any_host

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] in self.any_host:
            environ["HTTP_HOST"] = self.site_host
        elif "HTTP_HOST" in environ:
            environ["HTTP_HOST"] = spelled(environ["HTTP_HOST"], environ["wsgi.url_scheme"])
        return self.application(environ, start_response)


def spelled(host: str, scheme: str) -> str:
    """`host` in small letters, without the port that goes without saying and without the dot of a full name."""
    name = host.lower().removesuffix(DEFAULT_PORTS.get(scheme, ""))
    bare, colon, port = name.partition(":") if not name.startswith("[") else (name, "", "")
    return f"{bare.removesuffix('.')}{colon}{port}"


def init_app(app: Flask, any_host: tuple[str, ...]) -> None:
    """Put this before everything else that answers, static files included. Paths in `any_host`: see HostNames."""
    hops = app.config["PROXY_HOPS"]
    names = HostNames(app.wsgi_app, urlsplit(app.config["SITE_URL"]).netloc, any_host)
    app.wsgi_app = ProxyFix(names, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    name_server()


def name_server() -> None:
    """Let gunicorn not tell which software it is: it sets the header Server itself and has no option for it."""
    if running := sys.modules.get("gunicorn.http.wsgi"):
        running.SERVER = PUBLIC_NAME  # type: ignore[attr-defined]
