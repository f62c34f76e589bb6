"""What templates may use beside their own variables: numbers in groups, addresses of static files."""

from flask import Flask, current_app, url_for

from models.dossiers.number import grouped


def init_app(app: Flask) -> None:
    """Add our filters and functions to Jinja."""
    app.jinja_env.globals["static_url"] = static_url
    app.jinja_env.filters["grouped"] = grouped
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def static_url(name: str) -> str:
    """The address of a static file; it changes with its content, so it may be kept for ever.

    A file that is not built has only its plain address, which is kept for a minute.
    """
    return current_app.extensions["static_addresses"].get(name) or url_for("static", filename=name)
