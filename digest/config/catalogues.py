"""What is said in which language, and how it writes dates and numbers: gettext's catalogues, and Babel's.

A catalogue is read as it is written, so none is ever older than its text; it costs some milliseconds, once a process.
English needs no catalogue, and a process that speaks nothing else doesn't load Babel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.config.languages import ENGLISH

FOLDER = Path(__file__).parent / "catalogues"


@dataclass(frozen=True)
class Language:
    """One language: `tag` is for `lang` attributes, `direction` for `dir`."""

    tag: str
    direction: str
    translations: NullTranslations

    def gettext(self, message: str, **values: object) -> str:
        """The message in this language, with the values in it."""
        found = self.translations.gettext(message)
        return found % values if values else found

    def ngettext(self, one: str, several: str, num: int, **values: object) -> str:
        """The message for so many; `%(num)s` in it is the number."""
        return self.translations.ngettext(one, several, num) % {"num": self.number(num), **values}

    def day(self, day: date) -> str:
        """`3 February 2024`, `3. Februar 2024`."""
        return f"{day.day} {day:%B %Y}" if self.tag == ENGLISH else _formatted(day, "long", self.tag)

    def long_day(self, day: date) -> str:
        """`Friday 17 May 2024`, `Freitag, 17. Mai 2024`."""
        return f"{day:%A} {self.day(day)}" if self.tag == ENGLISH else _formatted(day, "full", self.tag)

    def month(self, day: date) -> str:
        """`May 2024`, `Mai 2024`."""
        return f"{day:%B %Y}" if self.tag == ENGLISH else _formatted(day, "LLLL y", self.tag)

    def month_name(self, day: date) -> str:
        """`May`, `Mai`."""
        return f"{day:%B}" if self.tag == ENGLISH else _formatted(day, "LLLL", self.tag)

    def weekday(self, number: int) -> str:
        """`Friday`, `Freitag`; Monday is 0."""
        some = date(2024, 1, 1 + number)
        return f"{some:%A}" if self.tag == ENGLISH else _formatted(some, "EEEE", self.tag)

    def moment(self, at: datetime) -> str:
        """`Friday 17 May 2024, 08:00 Europe/London`. Raises ValueError for a time without zone."""
        if at.tzinfo is None:
            raise ValueError(f"{at.isoformat()}: give a time with its zone.")
        zone = at.tzinfo.key if isinstance(at.tzinfo, ZoneInfo) else at.tzname()
        time = at.strftime("%H:%M")
        return self.gettext("%(day)s, %(time)s %(zone)s", day=self.long_day(at.date()), time=time, zone=zone)

    def language_name(self, main: str) -> str:
        """What the language of this tag without a region is called: `French`, `Französisch`; the tag, if unknown."""
        from babel import Locale

        return str(Locale.parse(_babels(self.tag)).languages.get(main, main))

    def number(self, number: int) -> str:
        """`4,812`, `4.812`."""
        if self.tag == ENGLISH:
            return f"{number:,}"
        from babel.numbers import format_decimal

        return format_decimal(number, locale=_babels(self.tag))


def noted(message: str) -> str:
    """The message itself: imported as `_`, it marks a text for the catalogues that is translated where it is shown."""
    return message


@lru_cache
def speaking(tag: str) -> Language:
    """The language of that tag; without a catalogue, its dates with English words."""
    if tag == ENGLISH:
        return Language(tag, "ltr", NullTranslations())
    from babel import Locale

    return Language(tag, Locale.parse(_babels(tag)).text_direction, _read(FOLDER / f"{tag}.po"))


def _read(path: Path) -> NullTranslations:
    if not path.exists():
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po
    from babel.support import Translations

    with path.open("rb") as file:
        catalogue = read_po(file, locale=_babels(path.stem), domain="messages")
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain="messages")


def _formatted(day: date, form: str, tag: str) -> str:
    from babel.dates import format_date

    return format_date(day, form, locale=_babels(tag))


def _babels(tag: str) -> str:
    """The tag as Babel writes it."""
    return tag.replace("-", "_")
