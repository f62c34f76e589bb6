"""Pages for those who run the service, and what machines tell us."""

from blueprints.operations import health, inbox, metrics, styleguide, webhooks

MODULES = (health, metrics, webhooks)
DEVELOPMENT = (inbox, styleguide)  # only with INBOX
EXEMPT_FROM_CSRF = (webhooks.bp,)  # what is signed comes from no browser
