"""What the authorities' own systems ask, and what they are told."""

from blueprints.api import problems, v1

__all__ = ["problems"]

MODULES = (v1,)
EXEMPT_FROM_CSRF = (v1.bp,)  # opened by a token that no browser sends by itself
