"""The desk's cookie: signed, and without an age of its own.

How long a session lives is the row's to say (`storage.people.desk_sessions`). Flask's cookie also has the moment at
which it was signed, and counts for nothing where that lies ahead: so an editor would be signed out at every host whose
clock is a second behind the one that she signed in at.
"""

from __future__ import annotations

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature


class DeskCookie(SecureCookieSessionInterface):
    """Flask's signed cookie, read whenever it was signed."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie holds; nothing where it is missing, or was not signed by us."""
        serializer = self.get_signing_serializer(app)
        sent = request.cookies.get(self.get_cookie_name(app))
        if serializer is None or not sent:
            return super().open_session(app, request)
        try:
            return self.session_class(serializer.loads(sent))
        except BadSignature:
            return self.session_class()
