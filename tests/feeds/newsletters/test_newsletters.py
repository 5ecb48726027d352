"""What a newsletter links to."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.newsletters.links import links_of

_HTML = """<html><body><a href="https://mail.example/view?id=1">View this email in your browser</a>
<a href="https://paper.example/"><img src="https://paper.example/logo.png" alt="Paper"></a>
<a href="https://paper.example/fine-of-four-million"><img src="x.png"></a>
<h2><a href="https://paper.example/fine-of-four-million">A fine of <b>four</b> million</a></h2>
<a href="https://paper.example/fine-of-four-million">Read more</a>
<a href="https://click.example/c?id=7&url=https%3A%2F%2Fcourt.example%2Fruling%3Fno%3D5">The court rules on scoring</a>
<a href="https://click.example/CL0/https:%2F%2Fcourt.example%2Fsecond/1/0100abc=">The court rules once more</a>
<a href="https://click.example/r/CODED">A third ruling in a week</a>
<a href="https://www.linkedin.com/company/paper">Follow us where the people are</a>
<a href="mailto:editor@paper.example">Write to the editor of this letter</a>
<a href="javascript:alert(1)">A headline of a dangerous kind</a>
<a href="https://paper.example/u?t=unsubscribe">Leave this list of readers</a>
<a href="https://paper.example/p">Manage your preferences here</a>"""


def test_articles_are_told_from_what_surrounds_them() -> None:
    coded = urlsafe_b64encode(b"https://court.example/third").decode().rstrip("=")
    assert [(entry.url, entry.title) for entry in links_of(_HTML.replace("CODED", coded), "")] == [
        ("https://paper.example/fine-of-four-million", "A fine of four million"),
        ("https://court.example/ruling?no=5", "The court rules on scoring"),
        ("https://court.example/second", "The court rules once more"),
        ("https://court.example/third", "A third ruling in a week"),
    ]


def test_a_message_without_html_is_read_as_text() -> None:
    text = "A fine of four million\nhttps://paper.example/fine.\n\nUnsubscribe: https://paper.example/u?unsubscribe=1\n"
    assert [(entry.url, entry.title) for entry in links_of("", text)] == [
        ("https://paper.example/fine", "A fine of four million")
    ]


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_message_can_be_asked(html: str, text: str) -> None:
    entries = links_of(f"<a href='{html}'>A headline that is long enough</a>", f"{text} https://{text}")
    assert all(entry.url.startswith(("http://", "https://")) for entry in entries)
