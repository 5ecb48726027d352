"""A believable issue and its sender, for tests of every message."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from digest.domain.issues.edition import Content, Item, ItemTopic, Source
from digest.domain.people.roles import Role
from digest.mail.message.rendering import (
    Identity,
    ProofNote,
    Rendered,
    Tags,
    render_already_subscribed,
    render_confirmation,
    render_corrected,
    render_digest,
    render_erased,
    render_invitation,
    render_move,
    render_moved,
    render_notice,
    render_own_page,
    render_password_reset,
    render_returned,
)

IDENTITY = Identity(
    name="Privacy Digest",
    url="https://digest.example",
    postal_address="Example Press Ltd, 1 Street, London",
    sender="digest@digest.example",
    reply_to="editors@digest.example",
)
_KEY = "0123456789abcdef0123456789abcdef"
TAGS = Tags(f"-{_KEY}-unsubscribe-", f"-{_KEY}-preferences-", f"-{_KEY}-since-")
ALICE = {
    TAGS.unsubscribe: "https://digest.example/unsubscribe/alices-token",
    TAGS.preferences: "https://digest.example/preferences/alices-token",
    TAGS.since: "3 February 2024",
}
EXPIRES = datetime(2024, 5, 24, 8, 5, tzinfo=ZoneInfo("Europe/London"))
NOTE = ProofNote(
    send_at_text="Friday 17 May 2024, 08:00 Europe/London",
    readers=2431,
    hold_url="https://digest.example/desk/hold/a-token",
    desk_url="https://digest.example/desk/issue",
    changes=("Added: “Court: cookie walls need a real choice”.", "The order changed."),
    warnings=("“AI Act: what data protection officers should do first” has no source link.",),
)

_SURVEILLANCE = ItemTopic("surveillance", "Surveillance")
_CHILDREN = ItemTopic("children", "Children")
_AI = ItemTopic("ai", "AI")
_ENFORCEMENT = ItemTopic("enforcement", "Enforcement")


def _item(number: int, title: str, publication: str, body: str, **more: object) -> Item:
    plain_item = Item(
        summary_id=number,
        title=title,
        url=f"https://digest.example/news/paper/story/{number}",
        publication=publication,
        published_on=date(2024, 5, 16 - number),
        body_html=body,
        sources=(Source(f"https://paper.example/{number}", title, publication),),
        topics=(_SURVEILLANCE,),
    )
    return replace(plain_item, **more)  # type: ignore[arg-type]


FACES = _item(
    1,
    "London police block a face-search site after 2,337 visits",
    "i",
    "<p>Computers of the Metropolitan Police opened the search engine <em>PimEyes</em> 2,337 times within three "
    "months, an information request shows. The force has since shut off access on its devices and says that a "
    "visit need not mean a search.</p>"
    "<blockquote><p>“Dangerously unregulated” is how a campaign group describes the technology.</p></blockquote>",
)
GAME = _item(
    2,
    "Irish regulator opens an inquiry into a children’s game",
    "Various",
    "<p>The regulator wants to know how the maker establishes age, and whether the settings that a new player "
    'finds protect by default. The <a href="https://law.example/codes?age=13&amp;region=ie">fundamentals for a '
    "child-oriented approach</a> apply.</p>",
    topics=(_CHILDREN, _ENFORCEMENT),
    sources=(
        Source("https://times.example/game", "A game and its players", "The Irish Times"),
        Source("https://euractiv.example/game", "Dublin looks at a game", "Euractiv"),
        Source("https://dpc.example/press", "Inquiry announced", "Data Protection Commission"),
    ),
)
AI_ACT = _item(
    3,
    "AI Act: what data protection officers should do first",
    "Euractiv",
    "<p>The Council has put the last signature under the regulation. Three things come first:</p>"
    "<ol><li>list the systems in use, <strong>bought ones too</strong>;</li>"
    "<li>check them against the prohibited practices:<ul><li>social scoring</li><li>emotion recognition at work"
    "</li></ul></li><li>name who decides.</li></ol>"
    "<h3>What can wait</h3><p>Most duties for high-risk systems apply two years later. The list of areas "
    "(<code>Annex III</code>) may change before then.</p>",
    topics=(_AI,),
)
COOKIES = _item(
    4,
    "Court: cookie walls need a real choice",
    "noyb",
    "<p>A price of eight euros a month is no free choice where tracking is the only other way in, the court "
    "finds.</p><blockquote><p>Consent that costs more than the service is not free.</p><p>It is a price list."
    "</p></blockquote><p>The publisher may appeal within a month.</p>",
    topics=(),
    sources=(
        Source("https://noyb.example/ruling", "The ruling explained", "noyb"),
        Source("https://noyb.example/complaint", "Our complaint of 2021", "noyb"),
        Source("https://court.example/c-1-24", "Judgment in C 1/24", "Administrative Court"),
    ),
)
AIRLINE = _item(
    5,
    "Spain fines an airline €350,000 for ID copies",
    "AEPD",
    "<p>Travellers who asked for their data had to send a copy of their identity card first. The authority calls "
    "that excessive: the airline already knew who they were.</p>",
    topics=(_ENFORCEMENT,),
)

CONTENT = Content(
    issue_date=date(2024, 5, 17),
    number=212,
    subject="London police block a face-search site after 2,337 visits, and 4 more",
    preheader="Irish regulator opens an inquiry into a children’s game · AI Act: what to do first",
    introduction_html="<p>Police use of face search comes under pressure in London, two regulators act on "
    "children’s data, and the AI Act gets its last signature.</p>",
    items=(FACES, GAME, AI_ACT, COOKIES, AIRLINE),
)


def a_digest() -> Rendered:
    """The issue above, tags and all."""
    return render_digest(CONTENT, IDENTITY, TAGS)


def single_messages() -> dict[str, Rendered]:
    """Every message that goes to one person, by its template's name."""
    desk = "https://digest.example/desk"
    return {
        "confirmation": render_confirmation(IDENTITY, "https://digest.example/confirm/bobs-token", EXPIRES),
        "already_subscribed": render_already_subscribed(IDENTITY, ALICE[TAGS.preferences], ALICE[TAGS.unsubscribe]),
        "own_page": render_own_page(IDENTITY, "https://digest.example/yours/bobs-token", EXPIRES),
        "move": render_move(IDENTITY, "b***@example.org", "https://digest.example/yours/bobs-token", EXPIRES),
        "returned": render_returned(IDENTITY, ALICE[TAGS.preferences], ALICE[TAGS.unsubscribe]),
        "moved": render_moved(IDENTITY, "b***@example.com", EXPIRES),
        "corrected": render_corrected(
            IDENTITY, "b***@exmaple.org", "b***@example.org", ALICE[TAGS.preferences], ALICE[TAGS.unsubscribe]
        ),
        "erased": render_erased(IDENTITY, EXPIRES, "sendgrid"),
        "password_reset": render_password_reset(IDENTITY, "Erin", f"{desk}/password/erins-token", EXPIRES),
        "invitation": render_invitation(
            IDENTITY, "Frank", "Erin", Role.EDITOR, f"{desk}/password/franks-token", EXPIRES
        ),
        "notice": render_notice(
            IDENTITY,
            "The issue of 17 May 2024 was skipped",
            ["It held no summary at its send moment, so nothing was sent.", "The next issue is open."],
            ("Open the desk", desk),
        ),
    }
