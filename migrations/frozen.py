"""What migrations need of the product, as it was when they were written. Never changed: a database may be that old.

The runner takes files that begin with a digit, so this one is no migration.
"""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet
from flask import current_app


def digest(purpose, text):
    """The HMAC-SHA-256 of `text` under a key for `purpose`, as models.security.keys made it up to migration 0015."""
    return hmac.digest(_key(purpose), text.encode(), hashlib.sha256).hex()


def encrypt(purpose, text):
    """`text` encrypted under a key for `purpose`."""
    return _cipher(purpose).encrypt(text.encode()).decode()


def _cipher(purpose):
    return Fernet(base64.urlsafe_b64encode(_key(f'encrypted {purpose}')))


def _key(purpose):
    secret = current_app.config['SECRET_KEY']  # the runner is called by a command of the application
    return hmac.digest(secret.encode(), f'etracking {purpose}'.encode(), hashlib.sha256)
