"""Staff accounts: sign-in, one's own account, invitations, and the accounts of colleagues."""

from blueprints.accounts import account, invitations, sign_in, staff, systems

MODULES = (sign_in, invitations, account, staff, systems)
EXEMPT_FROM_CSRF = ()
