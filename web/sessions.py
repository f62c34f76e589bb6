"""Session cookies, signed; opened only for requests that bring one."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class Sessions(SecureCookieSessionInterface):
    """Flask's session cookies without a signer where there is no cookie.

    Flask builds the signer for every request before it looks for the cookie; most requests have none.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """An empty session if the request has no session cookie."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def init_app(app: Flask) -> None:
    """Use `Sessions` for the session cookie."""
    app.session_interface = Sessions()
