"""Addresses of our own pages, made from SITE_URL: the same in a request, in a command and in the worker.

Use these wherever a link leaves the site (mail, terminal, QR code, API). They need no request: neither the Host header
of a visitor nor a context made up for the purpose has a say in them.
"""

from typing import Any

from flask import current_app


def path_to(endpoint: str, **values: Any) -> str:
    """The path of a page. Raises werkzeug's BuildError if there is no such page, or a value is missing."""
    return current_app.url_map.bind("").build(endpoint, values)


def link_to(endpoint: str, **values: Any) -> str:
    """The whole URL of a page, for people outside the site. Raises as path_to() does."""
    return f"{current_app.config['SITE_URL']}{path_to(endpoint, **values)}"
