"""What guards every page: headers, the CSRF token and Origin check of the desk, and the desk's door."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import urlsplit, urlunsplit

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)  # fmt: skip
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response as BaseResponse

from digest.storage.people.desk_sessions import editor_signed_in
from digest.web.shared.context import now, reading, site
from digest.web.shared.desk_cookie import DeskCookie
from digest.web.shared.typed import typed_fields

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAIL_PREVIEW_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox"
)
"""For a message shown in a frame on the desk: its inlined styles, and nothing that runs."""

csrf = CSRFProtect()
_KEY = "key"


def guard(app: Flask) -> None:
    """Put the guards on an application."""
    app.session_interface = DeskCookie()
    csrf.init_app(app)
    app.before_request(_check_origin)
    app.after_request(_set_headers)
    app.after_request(_stay_here)


def keep_out_strangers(desk: Blueprint) -> None:
    """Let only signed-in editors into a blueprint, except to views marked `open_to_all`."""
    desk.before_request(_require_sign_in)


def session_key_hash() -> str:
    """The hash that this browser's desk session is stored under; of nothing, if there is none."""
    return sha256(str(session.get(_KEY, "")).encode()).hexdigest()


def start_session(key: str) -> None:
    """Give this browser a new desk session's key; whatever its cookie held before is gone."""
    session.clear()
    session[_KEY] = key
    session.permanent = True


def drop_session() -> None:
    """Empty this browser's cookie."""
    session.clear()


def admins_only() -> None:
    """Refuse editors who are not admins."""
    if not g.editor.is_admin:
        abort(403)


def senders_only() -> None:
    """Refuse editors who may not let an issue go."""
    if not g.editor.role.may_send:
        abort(403, "Senders approve, hold, release and send. Ask one of them, or an admin to be made one.")


def local_path(target: str | None, default: str) -> str:
    """`target` if it is a path on this site, else `default`: a sign-in never sends people elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return default
    if any(ord(character) < 33 or ord(character) == 127 for character in target):
        return default
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else default


def _require_sign_in() -> BaseResponse | None:
    g.editor = editor_signed_in(reading(), session_key_hash(), now())
    if g.editor is not None or request.endpoint in _open_endpoints:
        return None
    if request.headers.get("HX-Request"):
        return Response("Signed out. Sign in again.", 401, {"HX-Redirect": url_for("desk.sign_in")})
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return make_response(jsonify(error="You are signed out.", remedy="Sign in, then send it again."), 401)
    if request.method == "POST" and (kept := typed_fields()):
        page = render_template("people/sign_in.html", email="", error="", next=request.full_path.rstrip("?"), kept=kept)
        return make_response(page, 401)
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("desk.sign_in", next=wanted))


_open_endpoints: set[str] = set()


def open_to_all(endpoint: str) -> None:
    """Let strangers reach one view of the desk: signing in, setting a password."""
    _open_endpoints.add(endpoint)


def _check_origin() -> None:
    """Refuse a form on the desk that another site sent (the token is the first check, this the second)."""
    if request.method not in ("POST", "PUT", "PATCH", "DELETE") or not request.path.startswith("/desk"):
        return
    if "Origin" in request.headers and not is_from_here():
        abort(400, "This form was sent from another site. Open the page again and send it from there.")


def is_from_here() -> bool:
    """Whether the browser says that a page of this site sent the form; they all say it."""
    origin = request.headers.get("Origin")
    return origin is not None and _origin(origin) in {_origin(request.host_url), _origin(site().settings.site_url)}


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _stay_here(response: Response) -> Response:
    """Let a redirect within the site name no host: routing makes some of the request's, which anybody can write."""
    parts = urlsplit(response.location or "")
    if parts.netloc and parts.netloc == request.host:
        response.location = urlunsplit(("", "", f"/{parts.path.lstrip('/')}", parts.query, parts.fragment))
    return response


def _set_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if site().settings.site_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.path.startswith("/desk"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def private_page(response: Response) -> Response:
    """For pages whose address carries a token: neither stored nor passed on."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
