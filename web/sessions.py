"""The session of a citizen: signed, in a cookie, and only for those who need one."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class Sessions(SecureCookieSessionInterface):
    """Flask's own, which makes a signer for each request before it looks whether there is anything signed."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """An empty session for whoever brings none."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def init_app(app: Flask) -> None:
    app.session_interface = Sessions()
