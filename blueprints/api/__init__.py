"""The JSON API for the authorities' own systems."""

from blueprints.api import problems, v1

__all__ = ["problems"]

MODULES = (v1,)
EXEMPT_FROM_CSRF = (v1.bp,)  # needs a bearer token, which no browser sends by itself
