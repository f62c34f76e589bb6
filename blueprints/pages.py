"""What templates may use beside their own variables: numbers in groups, addresses of static files."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, url_for

from models.number import grouped


def init_app(app: Flask) -> None:
    """Add our filters and functions to Jinja."""
    folder = Path(app.static_folder or "static")

    @cache
    def fingerprint(name: str) -> str:
        return hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]

    def static_url(name: str) -> str:
        """The address of a static file; it changes with its content, so it may be kept for ever."""
        return url_for("static", filename=name, v=fingerprint(name))

    app.jinja_env.globals["static_url"] = static_url
    app.jinja_env.filters["grouped"] = grouped
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
