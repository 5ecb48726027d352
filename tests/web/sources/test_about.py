"""What a publisher reads who finds us in a log."""

from __future__ import annotations

from flask.testing import FlaskClient

from digest.feeds.fetching.rules import user_agent


def test_it_says_who_asks_how_often_and_how_to_stop_us(client: FlaskClient) -> None:
    page = client.get("/about/feeds").get_data(as_text=True)
    for said in (user_agent("http://digest.test"), "once in 60 minutes", "Retry-After", "410", "reply@digest.test"):
        assert said in page
    assert "/about/feeds" in user_agent("http://digest.test")
    assert 'href="/about/feeds"' in client.get("/").get_data(as_text=True)
