-- What the release before backups (revision 0011) had in its database while it sent the issue of 17 May 2024, as it wrote
-- it itself; only HTML is shortened, and moments of the database's clock are of that day.
--
-- Thirteen readers in batches of two. Batch 1 was accepted, batch 2 ended without an answer, the sender died over batch 3,
-- nobody has claimed 4 to 7. reader000011 left after the freeze; pia was asked to confirm and has not.

INSERT INTO audit (id, at, who, act, about) VALUES
(1, '2024-05-14 09:00:00.000000', 'ada@digest.test', 'approved', 'issue of 2024-05-17, 2 items'),
(2, '2024-05-17 07:01:00.000000', 'the clock', 'sent', 'issue of 2024-05-17, to 13 readers');

INSERT INTO deliveries (id, issue_id, batch_id, subscriber_id, address, outcome, reason, fate, fate_at, fate_reason, again_at) VALUES
(1, 1, 1, 1, 'reader000000@example.org', NULL, NULL, NULL, NULL, NULL, NULL),
(2, 1, 1, 2, 'reader000001@example.org', NULL, NULL, NULL, NULL, NULL, NULL),
(3, 1, 2, 3, 'reader000002@example.org', NULL, NULL, NULL, NULL, NULL, NULL),
(4, 1, 2, 4, 'reader000003@example.org', NULL, NULL, NULL, NULL, NULL, NULL),
(5, 1, 3, 5, 'reader000004@example.org', NULL, NULL, NULL, NULL, NULL, NULL),
(6, 1, 3, 6, 'reader000005@example.org', NULL, NULL, NULL, NULL, NULL, NULL),
(7, 1, 4, 7, 'reader000006@example.org', NULL, NULL, NULL, NULL, NULL, NULL),
(8, 1, 4, 8, 'reader000007@example.org', NULL, NULL, NULL, NULL, NULL, NULL),
(9, 1, 5, 9, 'reader000008@example.org', NULL, NULL, NULL, NULL, NULL, NULL),
(10, 1, 5, 10, 'reader000009@example.org', NULL, NULL, NULL, NULL, NULL, NULL),
(11, 1, 6, 11, 'reader000010@example.org', NULL, NULL, NULL, NULL, NULL, NULL),
(12, 1, 6, 12, 'reader000011@example.org', NULL, NULL, NULL, NULL, NULL, NULL),
(13, 1, 7, 13, 'nora@example.org', NULL, NULL, NULL, NULL, NULL, NULL);

INSERT INTO editors (id, email, name, password_hash, is_admin, is_active, created_at, password_key, password_key_until, password_key_made_at, may_send) VALUES
(1, 'ada@digest.test', 'Ada', NULL, TRUE, TRUE, '2024-01-08 09:00:00.000000', NULL, NULL, NULL, TRUE);

DELETE FROM installation; -- the migrations gave it a row
INSERT INTO installation (id, epoch, claims) VALUES
(1, '0123456789abcdef0123456789abcdef', 3);

INSERT INTO issues (id, send_date, slot, state, introduction, subject, preheader, created_at, cutoff_at, reopened_at, held_at, held_by, send_now_at, send_now_by, reminded_at, missed_at, frozen_at, sent_at, skipped_at, skipped_because, audience, paused_until, paused_because, stopped_at, stopped_by, pace, pace_gentle, probe_key, probe_at, probe_tries, closing_note, by_topic, acts) VALUES
(1, '2024-05-17', '2024-05-17', 'sending', '', '', '', '2024-01-08 09:00:00.000000', NULL, NULL, NULL, '', NULL, '', NULL, NULL, '2024-05-17 07:01:00.000000', NULL, NULL, '', 13, 0.0, '', NULL, '', 0.0, FALSE, '', 0.0, 0, '', FALSE, ''),
(2, '2024-05-24', '2024-05-24', 'open', '', '', '', '2024-05-17 07:01:00.000000', NULL, NULL, NULL, '', NULL, '', NULL, NULL, NULL, NULL, NULL, '', 0, 0.0, '', NULL, '', NULL, FALSE, '', 0.0, 0, '', FALSE, '');

INSERT INTO publications (id, name, slug, spelling) VALUES
(1, 'Euractiv', 'euractiv', 'euractiv'),
(2, 'CNIL', 'cnil', 'cnil');

INSERT INTO subscribers (id, email, address, address_hash, name, state, link_key, topics, source, created_at, confirmed_at, unsubscribed_at) VALUES
(1, 'reader000000@example.org', 'reader000000@example.org', '68226fc1f74b976db18d252d2a112250c81fd452c3fb3e1241ce3e8333858c11', '', 'confirmed', '249e7d065f417766cc9dbd4083f6947b', '', '', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', NULL),
(2, 'reader000001@example.org', 'reader000001@example.org', '104b700dc5becbc90fccfde93516e14fbe2ce61bedd9af23b7ef8aa2693b3dfb', '', 'confirmed', 'd0c8121ba578c97d2bc4e3feac4a1905', '', '', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', NULL),
(3, 'reader000002@example.org', 'reader000002@example.org', '517af163ba9131369c990300c366bb236fb7622eb683f12852c4a80d64ae7fd6', '', 'confirmed', 'eae77b1774ff23a3cf61426f6d3e027b', '', '', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', NULL),
(4, 'reader000003@example.org', 'reader000003@example.org', '7b9f7bc1a394a03fa69e8a087cbd7904a36513a10447ab49444ed3b5d0f9c701', '', 'confirmed', '233220d5d5542560a3e70da5cf21a595', '', '', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', NULL),
(5, 'reader000004@example.org', 'reader000004@example.org', 'd736547978fc2a5a4870fada5dee95218230fb8d1b08344374f0af1bfdf7fb2d', '', 'confirmed', '5676fb4d2c63b435e5ea272faacefac3', '', '', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', NULL),
(6, 'reader000005@example.org', 'reader000005@example.org', 'e0a8ba365350f73cc9c8f949051fd331ee513095580c516f2da5c7527dfdb65e', '', 'confirmed', 'cf3c34bc1a034ee1cfac8c79be0fa8ae', '', '', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', NULL),
(7, 'reader000006@example.org', 'reader000006@example.org', 'fff1134febcf1e5fef403788dd352a5b7cce8136c109ca4762b249ef97e6468c', '', 'confirmed', '62d8af1c7667749cf487b4f3b082af0e', '', '', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', NULL),
(8, 'reader000007@example.org', 'reader000007@example.org', 'ff95d643551d5620f3b0931d443b8fc293db22f21488141ac9dee29101d9d13f', '', 'confirmed', 'f0ebd42b0998c0ace90a07422c43e383', '', '', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', NULL),
(9, 'reader000008@example.org', 'reader000008@example.org', '313e878b2ff3e5f3ffcdae5698ed1526aafc2fd62d0d434e64a477eb4dee5961', '', 'confirmed', 'ff593a65f66983b918c37c730ec17dac', '', '', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', NULL),
(10, 'reader000009@example.org', 'reader000009@example.org', 'c4efdab6e911d10a83fbc74b2234b2c008f49069b13bc4243479354e09791c0c', '', 'confirmed', 'c01ee4a34c2dc08e3ceec1ec40ec7b71', '', '', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', NULL),
(11, 'reader000010@example.org', 'reader000010@example.org', '326c2c3734411d32b0357a7612ba40439a5f6e7c992e94fc4e2fd205caed609b', '', 'confirmed', '9d9bbf5a40d57d352f78ddaa1a4f2d8e', '', '', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', NULL),
(12, 'reader000011@example.org', 'reader000011@example.org', '77eb36f908395aa04e07650b95610a10e0ffe9288dee32fe2865eba7b26906bd', '', 'unsubscribed', 'c3fc34eb1eadac2990b4fe1fdce57a69', '', '', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', '2024-05-17 07:01:00.000000'),
(13, 'nora@example.org', 'nora@example.org', '9a659fdb22285b477baeaddff774be31e9b26aff2031b1e89cabe82ac772bc2d', '', 'confirmed', 'a0eec9310f7ecb9c6c6680c4886e5b06', '', 'the front page', '2024-05-14 09:00:00.000000', '2024-05-14 09:05:00.000000', NULL),
(14, 'pia@example.org', 'pia@example.org', '1f4b05aaaba9b0583f47bda8999ef2f4e90d355683a5bf8c3b95497626645d69', '', 'pending', '4f3d909fd1fa9483abb27745e899aaae', '', 'the front page', '2024-05-14 09:00:00.000000', NULL, NULL);

INSERT INTO tallies (id, kind, key, at) VALUES
(1, 'signup-network', '4536f7f24941861edb028ec8aa174f0ea6bfcc78ec028b0ca42770a6aba81cad', '2024-05-14 09:00:00.000000'),
(2, 'signup-network', '4536f7f24941861edb028ec8aa174f0ea6bfcc78ec028b0ca42770a6aba81cad', '2024-05-14 09:00:00.000000');

INSERT INTO topics (id, name, slug, spelling) VALUES
(1, 'Enforcement', 'enforcement', 'enforcement'),
(2, 'AI', 'ai', 'ai');

INSERT INTO wordings (hash, version, text) VALUES
('3b36fa5227c95adff7ecaac63a26791dc9f7fe7b847faee56931f40f11467bf2', 'confirm 1', 'Press the button to receive Privacy Digest by email every Friday. You can leave at any time, with one click in each issue.'),
('ab345792cb0fe0e8341825d2d9eec6d793f8b307a205d6c9d180b8528d7d2015', 'unsubscribe 1', 'Press the button and Privacy Digest no longer comes to this address.'),
('d02d90413d5a7e74da3b099f2f8ff6bfa84b918b813f75912b0c09e0e80a2af7', 'sign-up 1', 'By pressing the button you ask Privacy Digest to email you its digest every Friday. First we send you one message to confirm. No tracking, ever, and you can leave with one click.');

INSERT INTO closings (id, issue_id, closed_at, closed_by, hold_key, content, subject, text, html, tags, override) VALUES
(1, 1, '2024-05-14 09:00:00.000000', 'ada@digest.test', '28cd2ff3e04fbff33036ea0559095a5d', '{"issue_date": "2024-05-17", "number": 1, "subject": "Court annuls a fine, and 1 more", "preheader": "An app is fined", "introduction_html": "", "items": [{"summary_id": 1, "title": "Court annuls a fine", "url": "http://digest.test/news/euractiv/court-annuls-a-fine/1", "publication": "Euractiv", "published_on": "2024-05-13", "body_html": "<p>One plain paragraph.</p>", "sources": [{"url": "https://example.org/story", "title": "The story", "publication": "Euractiv"}], "topics": [{"slug": "enforcement", "name": "Enforcement"}]}, {"summary_id": 2, "title": "An app is fined", "url": "http://digest.test/news/cnil/an-app-is-fined/2", "publication": "CNIL", "published_on": "2024-05-13", "body_html": "<p>One plain paragraph.</p>", "sources": [{"url": "https://example.org/story", "title": "The story", "publication": "Euractiv"}], "topics": [{"slug": "ai", "name": "AI"}]}]}', 'Court annuls a fine, and 1 more', 'PRIVACY DIGEST
Friday 17 May 2024 · Issue 1 · 2 stories, 1 minute
========================================================================

------------------------------------------------------------------------

1. Court annuls a fine
Euractiv · 13 May 2024 · Enforcement

One plain paragraph.

Read full story in Euractiv:
https://example.org/story

This summary’s permanent page:
http://digest.test/news/euractiv/court-annuls-a-fine/1

------------------------------------------------------------------------

2. An app is fined
CNIL · 13 May 2024 · AI

One plain paragraph.

Read full story in Euractiv:
https://example.org/story

This summary’s permanent page:
http://digest.test/news/cnil/an-app-is-fined/2

------------------------------------------------------------------------

You get this because you confirmed your subscription on
-8f33f1166923db67512dfe16f1e86173-since-.

View in browser:
http://digest.test/issues/2024-05-17

Choose topics:
-8f33f1166923db67512dfe16f1e86173-preferences-

Unsubscribe:
-8f33f1166923db67512dfe16f1e86173-unsubscribe-

This message carries no tracking: no pixel, no rewritten link. How to
check:
http://digest.test/privacy

Privacy Digest, Example Press, 1 Street, London
Questions, or something to correct: reply@digest.test
', '<!DOCTYPE html>
<html lang="en-GB"><head><title>Privacy Digest, Friday 17 May 2024</title></head><body><h1>Court annuls a fine</h1><p>One plain paragraph.</p><h2>An app is fined</h2><p>You subscribed on -8f33f1166923db67512dfe16f1e86173-since-. <a href="http://digest.test/unsubscribe/-8f33f1166923db67512dfe16f1e86173-unsubscribe-">Unsubscribe</a> <a href="http://digest.test/preferences/-8f33f1166923db67512dfe16f1e86173-preferences-">Choose topics</a></p></body></html>
', '{"unsubscribe": "-8f33f1166923db67512dfe16f1e86173-unsubscribe-", "preferences": "-8f33f1166923db67512dfe16f1e86173-preferences-", "since": "-8f33f1166923db67512dfe16f1e86173-since-"}', '');

INSERT INTO consent_records (id, subscriber_id, step, wording_hash, at, place, answer) VALUES
(1, 13, 'asked', 'd02d90413d5a7e74da3b099f2f8ff6bfa84b918b813f75912b0c09e0e80a2af7', '2024-05-14 09:00:00.000000', 'the front page', 'asked'),
(2, 14, 'asked', 'd02d90413d5a7e74da3b099f2f8ff6bfa84b918b813f75912b0c09e0e80a2af7', '2024-05-14 09:00:00.000000', 'the front page', 'asked'),
(3, 13, 'confirmed', '3b36fa5227c95adff7ecaac63a26791dc9f7fe7b847faee56931f40f11467bf2', '2024-05-14 09:05:00.000000', 'the page', 'confirmed'),
(4, 12, 'unsubscribed', 'ab345792cb0fe0e8341825d2d9eec6d793f8b307a205d6c9d180b8528d7d2015', '2024-05-17 07:01:00.000000', '/unsubscribe', 'unsubscribed');

INSERT INTO editions (id, issue_id, items, subject, text, html, tags, hash) VALUES
(1, 1, 2, 'Court annuls a fine, and 1 more', 'PRIVACY DIGEST
Friday 17 May 2024 · Issue 1 · 2 stories, 1 minute
========================================================================

------------------------------------------------------------------------

1. Court annuls a fine
Euractiv · 13 May 2024 · Enforcement

One plain paragraph.

Read full story in Euractiv:
https://example.org/story

This summary’s permanent page:
http://digest.test/news/euractiv/court-annuls-a-fine/1

------------------------------------------------------------------------

2. An app is fined
CNIL · 13 May 2024 · AI

One plain paragraph.

Read full story in Euractiv:
https://example.org/story

This summary’s permanent page:
http://digest.test/news/cnil/an-app-is-fined/2

------------------------------------------------------------------------

You get this because you confirmed your subscription on
-8f33f1166923db67512dfe16f1e86173-since-.

View in browser:
http://digest.test/issues/2024-05-17

Choose topics:
-8f33f1166923db67512dfe16f1e86173-preferences-

Unsubscribe:
-8f33f1166923db67512dfe16f1e86173-unsubscribe-

This message carries no tracking: no pixel, no rewritten link. How to
check:
http://digest.test/privacy

Privacy Digest, Example Press, 1 Street, London
Questions, or something to correct: reply@digest.test
', '<!DOCTYPE html>
<html lang="en-GB"><head><title>Privacy Digest, Friday 17 May 2024</title></head><body><h1>Court annuls a fine</h1><p>One plain paragraph.</p><h2>An app is fined</h2><p>You subscribed on -8f33f1166923db67512dfe16f1e86173-since-. <a href="http://digest.test/unsubscribe/-8f33f1166923db67512dfe16f1e86173-unsubscribe-">Unsubscribe</a> <a href="http://digest.test/preferences/-8f33f1166923db67512dfe16f1e86173-preferences-">Choose topics</a></p></body></html>
', '{"unsubscribe": "-8f33f1166923db67512dfe16f1e86173-unsubscribe-", "preferences": "-8f33f1166923db67512dfe16f1e86173-preferences-", "since": "-8f33f1166923db67512dfe16f1e86173-since-"}', 'ff79b796df17799aee4947909c9c9191df91ac651e104052311ea0394be1c398');

INSERT INTO history (id, issue_id, at, who, what) VALUES
(1, 1, '2024-05-14 09:00:00.000000', 'ada@digest.test', 'closed it; the proof is on its way to the editors'),
(2, 1, '2024-05-17 07:01:00.000000', 'the clock', 'froze it for 13 readers'),
(3, 2, '2024-05-17 07:01:00.000000', 'the clock', 'made it');

INSERT INTO messages (id, kind, recipient, subscriber_id, subject, text, html, headers, created_at, state, owner, retry_at, tries, finished_at, detail, delivery_id, again_before, mailbox, not_before) VALUES
(1, 'confirmation', 'nora@example.org', 13, 'Confirm your subscription to Privacy Digest', 'PRIVACY DIGEST
========================================================================

Confirm your subscription

Someone entered this address to receive Privacy Digest. If that was you,
please open this page and press its button, and the next issue comes to
this address:

http://digest.test/confirm/u09qs3JTC71eRw-7-8FxRmjM6x1gU7uDPNl5TXdgkXw

The link works for 7 days, until Tuesday 21 May 2024, 10:00
Europe/London.

If this was not you, do nothing: nothing will be sent.

------------------------------------------------------------------------

This message was sent once, because this address was entered in the
form at:
http://digest.test/

This message carries no tracking: no pixel, no rewritten link. How to
check:
http://digest.test/privacy

Privacy Digest, Example Press, 1 Street, London
Questions, or something to correct: reply@digest.test
', '<!DOCTYPE html>
<html lang="en-GB"><head><title>Confirm your subscription to Privacy Digest</title></head><body><p>See the text.</p></body></html>', '{"Auto-Submitted": "auto-generated"}', '2024-05-14 09:00:00.000000', 'waiting', '', 0.0, 0, NULL, '', NULL, NULL, '9a659fdb22285b477baeaddff774be31e9b26aff2031b1e89cabe82ac772bc2d', '2024-05-14 09:00:00.000000'),
(2, 'confirmation', 'pia@example.org', 14, 'Confirm your subscription to Privacy Digest', 'PRIVACY DIGEST
========================================================================

Confirm your subscription

Someone entered this address to receive Privacy Digest. If that was you,
please open this page and press its button, and the next issue comes to
this address:

http://digest.test/confirm/LQGrT5YyJEiTDx0AMSqvvV5NK-oDqmBPkIru0S6nd2E

The link works for 7 days, until Tuesday 21 May 2024, 10:00
Europe/London.

If this was not you, do nothing: nothing will be sent.

------------------------------------------------------------------------

This message was sent once, because this address was entered in the
form at:
http://digest.test/

This message carries no tracking: no pixel, no rewritten link. How to
check:
http://digest.test/privacy

Privacy Digest, Example Press, 1 Street, London
Questions, or something to correct: reply@digest.test
', '<!DOCTYPE html>
<html lang="en-GB"><head><title>Confirm your subscription to Privacy Digest</title></head><body><p>See the text.</p></body></html>', '{"Auto-Submitted": "auto-generated"}', '2024-05-14 09:00:00.000000', 'waiting', '', 0.0, 0, NULL, '', NULL, NULL, '1f4b05aaaba9b0583f47bda8999ef2f4e90d355683a5bf8c3b95497626645d69', '2024-05-14 09:00:00.000000'),
(3, 'proof', 'ada@digest.test', NULL, 'Proof: Court annuls a fine, and 1 more', 'PROOF: THIS GOES OUT AS IT STANDS

Friday 17 May 2024, 08:00 Europe/London, to 13 readers. Below the line
of stars is exactly what they get; only the date and links at its end
differ for each.

Hold this issue (no need to sign in: a page with one button):
http://digest.test/hold/KM0v8-BPv_MwNuoFWQlaXWHtAmNrz0b8SO3zVqUxkpU

The desk:
http://digest.test/desk/issues/2024-05-17

3 warnings:
- Introduction: empty. A sentence or two says why this week matters.
- Item 1: shares a source with item 2. Merge them?
- Item 2: shares a source with item 1. Merge them?

************************************************************************

PRIVACY DIGEST
Friday 17 May 2024 · Issue 1 · 2 stories, 1 minute
========================================================================

------------------------------------------------------------------------

1. Court annuls a fine
Euractiv · 13 May 2024 · Enforcement

One plain paragraph.

Read full story in Euractiv:
https://example.org/story

This summary’s permanent page:
http://digest.test/news/euractiv/court-annuls-a-fine/1

------------------------------------------------------------------------

2. An app is fined
CNIL · 13 May 2024 · AI

One plain paragraph.

Read full story in Euractiv:
https://example.org/story

This summary’s permanent page:
http://digest.test/news/cnil/an-app-is-fined/2

------------------------------------------------------------------------

You get this because you confirmed your subscription on
14 May 2024.

View in browser:
http://digest.test/issues/2024-05-17

Choose topics:
http://digest.test/preferences/preview

Unsubscribe:
http://digest.test/unsubscribe/preview

This message carries no tracking: no pixel, no rewritten link. How to
check:
http://digest.test/privacy

Privacy Digest, Example Press, 1 Street, London
Questions, or something to correct: reply@digest.test
', '<!DOCTYPE html>
<html lang="en-GB"><head><title>Proof: Court annuls a fine, and 1 more</title></head><body><p>See the text.</p></body></html>', '{"Auto-Submitted": "auto-generated"}', '2024-05-14 09:00:00.000000', 'waiting', '', 0.0, 0, NULL, '', NULL, NULL, '', NULL);

INSERT INTO signups (id, subscriber_id, key, asked_at, confirmed_at, valid_until) VALUES
(1, 13, 'bb4f6ab372530bbd5e470fbbfbc17146', '2024-05-14 09:00:00.000000', '2024-05-14 09:05:00.000000', '2024-05-21 09:00:00.000000'),
(2, 14, '2d01ab4f96322448930f1d00312aafbd', '2024-05-14 09:00:00.000000', NULL, '2024-05-21 09:00:00.000000');

INSERT INTO sources (id, kind, publication_id, url, fetch_url, title, home, language, subscription_needed, recipe, mail_key, added_at, added_by, state, words, paused_by, etag, last_modified, rhythm, unreadable, checked_at, ok_at, next_at, asks, failures, failing_since, moved_to, moved_since, moved_checks, entries, newest_at, usual_gap, lease_owner, lease_until) VALUES
(1, 'feed', 2, 'https://example.org/feed.xml', 'https://example.org/feed.xml', '', '', '', FALSE, '', NULL, '2024-01-08 09:00:00.000000', '', 'new', '', '', '', '', '', FALSE, NULL, NULL, NULL, 0, 0, NULL, '', NULL, 0, 0, NULL, 0, '', NULL);

INSERT INTO summaries (id, title, slug, publication_id, published_on, body, body_format, body_html, created_at, updated_at, published_at, version, wanted, form_key, saved_from, saved_by, indexed_version) VALUES
(1, 'Court annuls a fine', 'court-annuls-a-fine', 1, '2024-05-13', 'One plain paragraph.', 'markdown', '<p>One plain paragraph.</p>', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', 1, FALSE, NULL, '', '', NULL),
(2, 'An app is fined', 'an-app-is-fined', 2, '2024-05-13', 'One plain paragraph.', 'markdown', '<p>One plain paragraph.</p>', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', 1, FALSE, NULL, '', '', NULL),
(3, 'Not out yet', 'not-out-yet', 1, '2024-05-13', 'One plain paragraph.', 'markdown', '<p>One plain paragraph.</p>', '2024-01-08 09:00:00.000000', '2024-01-08 09:00:00.000000', NULL, 1, FALSE, NULL, '', '', NULL);

INSERT INTO batches (id, issue_id, edition_id, parent_id, state, size, failed, skipped, tries, retry_at, because, cause, accepted_at, unknown_at, heard_at) VALUES
(1, 1, 1, NULL, 'accepted', 2, 0, 0, 1, 0.0, '', '', 1715929261.0, NULL, NULL),
(2, 1, 1, NULL, 'unknown', 2, 0, 0, 1, 0.0, 'no answer came', 'no answer', NULL, 1715929262.0, NULL),
(3, 1, 1, NULL, 'claimed', 2, 0, 0, 1, 0.0, '', '', NULL, NULL, NULL),
(4, 1, 1, NULL, 'pending', 2, 0, 0, 0, 0.0, '', '', NULL, NULL, NULL),
(5, 1, 1, NULL, 'pending', 2, 0, 0, 0, 0.0, '', '', NULL, NULL, NULL),
(6, 1, 1, NULL, 'pending', 2, 0, 0, 0, 0.0, '', '', NULL, NULL, NULL),
(7, 1, 1, NULL, 'pending', 1, 0, 0, 0, 0.0, '', '', NULL, NULL, NULL);

INSERT INTO selections (id, issue_id, summary_id, position) VALUES
(1, 1, 1, 1),
(2, 1, 2, 2);

INSERT INTO source_links (id, summary_id, position, url, title, publication, canonical) VALUES
(1, 1, 0, 'https://example.org/story', 'The story', 'Euractiv', NULL),
(2, 2, 0, 'https://example.org/story', 'The story', 'Euractiv', NULL),
(3, 3, 0, 'https://example.org/story', 'The story', 'Euractiv', NULL);

INSERT INTO summary_topics (summary_id, topic_id) VALUES
(1, 1),
(2, 2);

INSERT INTO attempts (id, batch_id, owner, lease_until, started_at, finished_at, outcome, status, message_id, detail) VALUES
('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 1, 'the old clock', 1715929305.0, '2024-05-17 07:01:00.000000', '2024-05-17 07:01:00.000000', 'accepted', 202, 'message-1', ''),
('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 2, 'the old clock', 1715929305.0, '2024-05-17 07:01:00.000000', '2024-05-17 07:01:00.000000', 'unknown', NULL, '', 'no answer came'),
('cccccccccccccccccccccccccccccccc', 3, 'the old clock', 1715929305.0, '2024-05-17 07:01:00.000000', NULL, NULL, NULL, '', '');

INSERT INTO leads (id, source_id, publication_id, publication, guid, url, canonical, title, lede, language, published_at, arrived_at, state, touched_at, touched_by, snoozed_until, rule_id, story_id, summary_id, linked_in, by) VALUES
(1, NULL, 2, 'CNIL', '', 'https://example.org/1', '', 'Regulator publishes a decision', '', '', '2024-05-14 09:00:00.000000', '2024-05-14 09:00:00.000000', 'new', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '');
