"""Pages for operators and developers, and the webhooks of providers."""

from blueprints.operations import health, inbox, metrics, styleguide, webhooks

MODULES = (health, metrics, webhooks)
DEVELOPMENT = (inbox, styleguide)  # only with INBOX
EXEMPT_FROM_CSRF = (webhooks.bp,)  # requests are signed and come from no browser
