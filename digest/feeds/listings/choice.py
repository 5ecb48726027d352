"""Which of the texts in all rows is the title, which the date, which the first lines."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from digest.feeds.listings.fields import RowField
from digest.feeds.listings.listed_dates import dates_in, stamped, without_dates

_TITLE_HINTS = re.compile(
    r"\b(?:h[1-6]|title|titles|titel|titre|t[ií]tulo|titolo|headline|heading|name|case-?name|case|subject|caption|style|parties|document|publication"
    r"|description|decision|press release|news|betreff|objet|asunto|oggetto)\b|title|headline|case-name"
)
_OTHER_HINTS = re.compile(
    r"number|\bno\b|\bnr\b|docket|file|author|judge|justice|court|county|location|category|type|status|tag|label|byline|citation|download|date|datum|size|format"
)
_LEDE_HINTS = re.compile(r"summary|lede|lead|teaser|excerpt|abstract|intro|desc|body|snippet|anriss|chapo")
_DATE_HINTS = re.compile(r"date|datum|fecha|data|time|posted|published|filed|issued|released|decided|entered|day|when")
_WRONG_DATE = re.compile(
    r"updated|modified|expir|deadline|clos(?:es|ing)|due|ends?\b|valid until|copyright|©", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_LETTER = re.compile(r"[^\W\d_]")
_FILE_NAME = re.compile(r"^\S+\.\w{2,4}$|^\S*\d\S*$")
_MOST_SAMPLES = 60
_FEW = 10
_LONG = 100
_BURIED = 0.45  # a date within a long text may be any date; one above the items is likelier theirs
_GIVEN = 0.5  # a title that was shown counts for at least this


@dataclass(frozen=True)
class Choice:
    """The keys chosen, and how good a title and how often a date they bring (0 to about 2, and 0 to 1)."""

    title: str
    title_score: float
    date: str
    dated: float
    lede: str


def choose(rows: Sequence[tuple[RowField, ...]], title: str = "") -> Choice:
    """Choose among the fields of rows; `title`, where given, is the key already known to hold the title."""
    sample = rows[:_MOST_SAMPLES]
    by_key: dict[str, list[RowField]] = defaultdict(list)
    for row in sample:
        for field in row:
            by_key[field.key].append(field)
    order = {key: number for number, key in enumerate(by_key)}
    scores = {key: _as_title(fields, len(sample)) * (1 - 0.01 * min(order[key], 20)) for key, fields in by_key.items()}
    chosen = title or max(scores, key=lambda key: scores[key], default="")
    date, dated = _date_key(by_key, len(sample))
    score = max(scores.get(chosen, 0.0), _GIVEN if title else 0.0)
    return Choice(chosen, score, date, dated, _lede_key(by_key, chosen, len(sample)))


def _as_title(fields: list[RowField], rows: int) -> float:
    """How much these texts, one a row, are like titles."""
    coverage = len(fields) / rows
    if coverage < 0.5:
        return 0.0
    texts = [without_dates(field.text).strip() for field in fields]
    said = [text for text in texts if text]
    if not said:
        return 0.0
    distinct = len(set(said)) / len(fields)
    worded = fmean(min(len(_WORD.findall(text)), 5) / 5 for text in texts)
    letters = fmean(len(_LETTER.findall(text)) / max(len(text), 1) for text in texts)
    names = fmean(1.0 if _FILE_NAME.match(text) else 0.0 for text in texts)
    length = fmean(len(text) for text in texts)
    score = coverage * (0.25 + 0.75 * distinct) * worded * letters * (1 - 0.6 * names)
    score *= 1.0 if length <= 130 else 0.75 if length <= 220 else 0.35
    dated = fmean(1.0 if without_dates(field.text) != field.text else 0.0 for field in fields[:_FEW])
    return score * _hinted(fields) * (1 - 0.15 * dated)


def _hinted(fields: list[RowField]) -> float:
    hints = fields[0].hints
    score = 1.0
    score *= 1.35 if _TITLE_HINTS.search(hints) else 1.0
    score *= 0.75 if _OTHER_HINTS.search(hints) and not _TITLE_HINTS.search(hints) else 1.0
    score *= 0.7 if _LEDE_HINTS.search(hints) and not re.search("title|headline", hints) else 1.0
    score *= 1.15 if re.search(r"\b(?:b|strong)\b", hints) else 1.0
    return score * (1.25 if fmean(1.0 if field.holds_link else 0.0 for field in fields) > 0.7 else 1.0)


def field_dates(field: RowField) -> int:
    """How many dates a text has, its element's own stamp among them."""
    return len(dates_in(field.text)) + (1 if field.node and stamped(field.node.stamp) else 0)


def _date_key(by_key: dict[str, list[RowField]], rows: int) -> tuple[str, float]:
    best, best_score, share = "", 0.0, 0.0
    for number, (key, fields) in enumerate(by_key.items()):
        dated = [field for field in fields if field_dates(field)]
        if not dated:
            continue
        rest = fmean(len(without_dates(field.text)) for field in dated)
        score = len(dated) / rows * (1.3 if _DATE_HINTS.search(fields[0].hints) else 1.0)
        score *= 1.25 if rest < 12 else 1.0 if rest < 60 else 0.7
        score *= 0.4 if _WRONG_DATE.search(fields[0].hints + " " + dated[0].text[:200]) else 1.0
        score *= 1 - 0.005 * min(number, 40)
        if score > best_score:
            best, best_score = key, score
            share = len(dated) / rows * (_BURIED if rest > _LONG else 1.0)
    return best, share


def _lede_key(by_key: dict[str, list[RowField]], title: str, rows: int) -> str:
    titles = [field.text for field in by_key.get(title, ())]
    best, best_score = "", 0.3
    for key, fields in by_key.items():
        if key == title or any(one in field.text for one, field in zip(titles, fields, strict=False)):
            continue
        worded = fmean(min(len(_WORD.findall(field.text)), 20) / 20 for field in fields)
        score = worded * min(len(fields) / rows, 1.0) ** 0.5 * (1.4 if _LEDE_HINTS.search(fields[0].hints) else 1.0)
        score *= 0.3 if Counter(field.text for field in fields).most_common(1)[0][1] > max(1, len(fields) / 2) else 1.0
        if score > best_score:
            best, best_score = key, score
    return best
