"""The publication's own look: its colours and its logo for every page, and the page on the desk that changes them."""

from __future__ import annotations

import re

from flask import Blueprint, Flask, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from digest.config.languages import NAMES
from digest.domain.running import colours, logos
from digest.domain.running.branding import LONGEST_NAME, LONGEST_SIGN_UP, LONGEST_TAGLINE
from digest.operations.running.branding import Typed, UnfitBranding, change_branding
from digest.storage.running.branding import branding_version, kept_logo
from digest.web.shared import forms
from digest.web.shared.context import forget_settings, here, reading, settings, signed_in, site
from digest.web.shared.desk import desk
from digest.web.shared.security import admins_only, csrf

_YEAR = 31_536_000
_LOGO_CSP = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""For a logo that somebody opens by its own address: it may draw, and nothing else."""
_STYLES = """:root {{ --accent: {light.accent}; --soft: {light.soft}; }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ --accent: {dark.accent}; --soft: {dark.soft}; }} }}
"""

branding = Blueprint("branding", __name__)
csrf.exempt(branding)


def hang_up(app: Flask) -> None:
    """Register what pages show of the publication."""
    app.register_blueprint(branding)


@branding.get("/branding/<accent>.css")
def styles(accent: str) -> Response:
    """The colours that this accent makes; its address says them all, so that browsers keep it for good."""
    if not re.fullmatch("[0-9a-f]{6}", accent, re.ASCII):
        abort(404)
    made = colours.palette(f"#{accent}")
    return _kept_by_browsers(Response(_STYLES.format(light=made.light, dark=made.dark), mimetype="text/css"))


@branding.get("/branding/logo/<key>.<any(svg, png):kind>")
def logo(key: str, kind: str) -> Response:
    """The logo. A page that is a minute old asks for the one before: it gets the one there is."""
    found = kept_logo(reading()) or abort(404)
    answer = Response(found.content, mimetype=logos.TYPES[found.kind])
    answer.headers["Content-Security-Policy"] = _LOGO_CSP
    if (found.key, found.kind) != (key, kind):
        answer.cache_control.no_store = True
        return answer
    return _kept_by_browsers(answer)


@desk.get("/publication")
def publication() -> str:
    """Everything that makes it one's own, as it is."""
    admins_only()
    now = settings().branding
    accent = now.accent or colours.OUR_OWN.light.accent
    typed = Typed(now.name, now.language, now.tagline, accent, now.about, now.sign_up, seen="")
    return _page(typed, {})


@desk.post("/publication")
def change_publication() -> BaseResponse:
    """Keep what was changed: pages show it at once, messages from the next one on."""
    admins_only()
    typed = _typed()
    try:
        changed = change_branding(here(), site().settings.branding, typed, signed_in().email)
    except UnfitBranding as unfit:
        return make_response(_page(typed, unfit.faults), 422)
    forget_settings()
    flash(f"Changed: {', '.join(changed)}. Pages show it now." if changed else "Nothing was changed.", "good")
    return redirect(url_for("desk.publication"), 303)


def _typed() -> Typed:
    file = request.files.get("logo")
    return Typed(
        name=forms.line("name"),
        language=forms.line("language"),
        tagline=forms.line("tagline"),
        accent=forms.line("accent"),
        about=request.form.get("about", "").replace("\r\n", "\n").replace("\0", "").strip(),
        sign_up=forms.line("sign_up"),
        seen=forms.line("seen"),
        logo=file.read(logos.LARGEST + 1) if file else b"",
        without_logo=forms.pressed("without_logo"),
        logo_says_name=forms.pressed("logo_says_name"),
    )


def _page(typed: Typed, errors: dict[str, str]) -> str:
    now = settings().branding
    return render_template(
        "running/publication.html",
        typed=typed,
        errors=errors,
        seen=branding_version(reading()),
        languages=list(NAMES.items()),
        palette=colours.palette(now.accent),
        chosen=now.accent or colours.OUR_OWN.light.accent,
        grounds={"light": colours.LIGHT_GROUNDS[1], "dark": colours.DARK_GROUNDS[1]},
        contrast=colours.contrast,
        default=site().settings.branding,
        most={"name": LONGEST_NAME, "tagline": LONGEST_TAGLINE, "sign_up": LONGEST_SIGN_UP},
        largest=logos.LARGEST,
    )


def _kept_by_browsers(response: Response) -> Response:
    response.cache_control.public = True
    response.cache_control.max_age = _YEAR
    response.cache_control.immutable = True
    return response
