"""The names of months in the languages that feeds write their dates in."""

from __future__ import annotations

_NAMES = (
    "january february march april may june july august september october november december",
    "januar februar marz april mai juni juli august september oktober november dezember",
    "janner feber maerz april mai juni juli august september oktober november dezember",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "gener febrer marc abril maig juny juliol agost setembre octubre novembre desembre",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "januar februar marcius aprilis majus junius julius augusztus szeptember oktober november december",
    "styczen luty marzec kwiecien maj czerwiec lipiec sierpien wrzesien pazdziernik listopad grudzien",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia",
    "ιανουαριου φεβρουαριου μαρτιου απριλιου μαιου ιουνιου ιουλιου"
    " αυγουστου σεπτεμβριου οκτωβριου νοεμβριου δεκεμβριου",
    "ιανουαριος φεβρουαριος μαρτιος απριλιος μαιος ιουνιος ιουλιος"
    " αυγουστος σεπτεμβριος οκτωβριος νοεμβριος δεκεμβριος",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
)
"""Twelve of each language, in small letters without accents: those that tell months apart by their beginnings."""

_CONTRACTED = {"mrt": 3, "jly": 7, "sept": 9, "авг": 8}


def _by_beginning() -> dict[str, int]:
    """Every beginning of three letters or more that means one month in all languages above."""
    months: dict[str, set[int]] = {}
    for names in _NAMES:
        for month, name in enumerate(names.casefold().split(), start=1):
            for length in range(3, len(name) + 1):
                months.setdefault(name[:length], set()).add(month)
    return {beginning: month for beginning, (month, *others) in months.items() if not others} | _CONTRACTED


_MONTHS = _by_beginning()


def month_named(word: str) -> int | None:
    """1 to 12 for a month's name or its beginning, in small letters without accents; None for any other word."""
    return _MONTHS.get(word)
