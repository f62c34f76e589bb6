"""The pages, one folder for each audience. Its `__init__` lists its modules; each has one blueprint, `bp`."""

from flask import Flask
from flask_wtf import CSRFProtect

from blueprints import accounts, api, desk, operations, public
from models.dossiers.number import grouped
from web import errors
from wording import kinds

KEPT_FILTERS = public.KEPT_FILTERS | desk.KEPT_FILTERS  # blueprint -> query parameters that stay in another language


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Register every blueprint; those for development only if INBOX is set."""
    app.jinja_env.filters["grouped"] = grouped
    app.jinja_env.globals |= {"label": kinds.label, "tone": kinds.tone, "verb": kinds.verb, "tones": kinds.tones()}
    for folder in (public, accounts, desk, api, operations):
        for bp in dict.fromkeys(module.bp for module in folder.MODULES):  # the desk's modules share one
            app.register_blueprint(bp)
        for view in folder.EXEMPT_FROM_CSRF:
            csrf.exempt(view)
    if app.config["INBOX"]:
        for module in operations.DEVELOPMENT:
            app.register_blueprint(module.bp)
    for under, page in public.HELP_PAGES.items():
        errors.on_unknown(app, under, page)
    errors.on_prefix(app, f"{api.problems.PREFIX}/", api.problems.answer)
