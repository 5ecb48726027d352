"""Walls between a page and its readers: the questions for consent and for money. Those against robots: `challenges`."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import lxml.html

_CONSENT_HOST = re.compile(r"^(?:consent|guce|myprivacy|cmp|privacy-?gate|cookiewall)\.", re.IGNORECASE)
_CONSENT_PATH = re.compile(r"/(?:collectConsent|cookie-?wall|consent|privacy-?gate)\b", re.IGNORECASE)
_CONSENT = re.compile(
    r"""before\ you\ continue | we\ (?:and\ our\ \d*\s*partners\ |)(?:value|respect)\ your\ privacy
    | we\ use\ cookies\ and
    | (?:accept|reject)\ all\ cookies | your\ (?:privacy|consent)\ (?:choices|settings|matters)
    | (?:manage|give)\ (?:your\ )?consent | with\ advertising\ and\ tracking
    | mit\ werbung\ (?:und\ tracking\ )?(?:weiter)?lesen | zustimmung\ (?:jederzeit|verwalten|erforderlich)
    | wir\ (?:und\ unsere\ .{0,20}partner\ )?(?:verwenden|benötigen|nutzen)\ .{0,40}(?:cookies|zustimmung)
    | (?:accepter|refuser)\ (?:et\ fermer|les\ cookies|tout) | continuer\ sans\ accepter
    | respect\ de\ votre\ vie\ privée
    | aceptar\ (?:y\ continuar|todas?|las\ cookies) | accetta\ (?:e\ (?:continua|chiudi)|tutti)
    | cookies\ accepteren""",
    re.IGNORECASE | re.VERBOSE,
)
_MONEY = re.compile(
    r"""subscribe\ (?:now\ )?to\ (?:continue|keep|read|unlock)
    | (?:only|exclusive(?:ly)?)\ (?:available\ )?(?:for|to)\ (?:our\ )?(?:paying\ )?(?:subscribers|members)\b
    | for\ (?:our\ )?(?:paying\ )?(?:subscribers|members)\ only\b | for\ (?:our\ )?paying\ (?:subscribers|members)\b
    | already\ a\ (?:subscriber|member)\s*\?
    | this\ (?:article|story|content)\ is\ (?:reserved\ for|for\ subscribers|available\ only|only\ available)
    | (?:sign|log)\ in\ to\ (?:continue|keep)\ reading | to\ (?:continue|keep)\ reading
    | unlock\ this\ (?:article|story)
    | you(?:'|’)?(?:ve|\ have)\ (?:reached|read)\ your\ (?:limit|last|.{0,20}free\ articles)
    | start\ your\ (?:free\ )?trial
    | jetzt\ weiterlesen | weiterlesen\ mit | nur\ für\ abonnent | exklusiv\ für\ abonnent
    | (?:bereits|sie\ sind)\ abonnent
    | réservée?\ (?:à\ nos|aux)\ abonnés | (?:déjà|vous\ êtes)\ abonnée? | la\ suite\ est\ réservée
    | contenido\ exclusivo | (?:solo|sólo)\ para\ suscriptores | ya\ eres\ suscriptor
    | contenuto\ riservato | riservato\ agli\ abbonati | sei\ già\ abbonato | alleen\ voor\ abonnees""",
    re.IGNORECASE | re.VERBOSE,
)
_MARKED = (
    "//meta[@name='article:content_tier' or @property='article:content_tier'][@content='locked' or @content='metered']"
    "| //*[@id='paywall' or @id='regwall' or @id='gateway-content']"
    "| //*[contains(concat(' ', normalize-space(@class), ' '), ' paywall ')]"
)
_END = 600
"""Characters: how near to its end a text is broken off by the question for money."""


def asks_for_consent(url: str, title: str, text: str, short: bool) -> bool:
    """Whether the page is the question for consent in the article's place. `short`: it has no text to speak of."""
    parts = urlsplit(url)
    if _CONSENT_HOST.search(parts.hostname or "") or _CONSENT_PATH.search(parts.path):
        return short
    return short and bool(_CONSENT.search(f"{title}\n{text}"))


def asks_for_money(tree: lxml.html.HtmlElement, text: str, short: bool) -> bool:
    """Whether the page says that more of it is for subscribers."""
    if _MONEY.search(text if short else text[-_END:]):
        return True
    return bool(tree.xpath(_MARKED)) and (short or bool(_MONEY.search(tree.text_content())))
