"""In which language a page speaks: readers' pages in the publication's own, those of editors in English."""

from __future__ import annotations

from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request
from flask_babel import Babel, Domain

from digest.config.catalogues import Language, speaking
from digest.config.languages import ENGLISH
from digest.web.shared.context import settings

_OF_EDITORS = ("desk", "holding")


def hang_up(app: Flask) -> None:
    """Give the templates `_` and `ngettext`."""
    babel = Babel(app, locale_selector=lambda: language().tag.replace("-", "_"))
    babel.__dict__["domain_instance"] = _OurCatalogues()


def language() -> Language:
    """The language of the page that is asked for."""
    of_editors = not has_request_context() or request.blueprint in _OF_EDITORS or request.path.startswith("/desk")
    return speaking(ENGLISH if of_editors else settings().branding.language)


class _OurCatalogues(Domain):  # type: ignore[misc]
    """Where Flask-Babel would read compiled files, ours are read as they are written (`config.catalogues`)."""

    def get_translations(self) -> Translations | NullTranslations:
        found = language().translations
        return found if isinstance(found, (Translations, NullTranslations)) else NullTranslations()
