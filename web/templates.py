"""How templates are read: no white space of their own, and no name that does not exist."""

from flask import Flask
from jinja2 import StrictUndefined


def init_app(app: Flask) -> None:
    """Set up Jinja. A template that names what does not exist fails in tests and in development; in production,
    where half a page is better than none, it shows a gap."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if app.testing or app.debug:
        app.jinja_env.undefined = StrictUndefined
