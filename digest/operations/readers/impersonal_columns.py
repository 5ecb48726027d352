"""Every column that is about nobody, with the reason; the others are in `personal_columns`."""

from __future__ import annotations

from collections.abc import Mapping

_ROW = "it tells rows apart, or names the row that this one belongs to, which is no person"
_QUEUE = "how the program goes about its work; the same for everybody"
_COUNT = "a count of copies, or of tries"
_PUBLISHED = "what is published, or is to be"
_PUBLISHED_ELSEWHERE = "what a publisher has published, and how it is fetched"
_SENDER = "a process of this program on its machine"
_SENDGRID = "what SendGrid says of a request as a whole; what it says of one address is in `deliveries`"
_SERVICE = "what SendGrid says of the installation's own account"


NOT_PERSONAL: Mapping[str, Mapping[str, str]] = {
    "alerts": {
        "what is wrong with the installation, in words of its own": "cause heading words label link by_mail",
        _QUEUE: "first_seen last_seen told_at over_since good_for",
    },
    "audit": {_ROW: "id"},
    "outgoing_events": {_ROW: "id key", _QUEUE: "owner retry_at tries", _PUBLISHED: "issue_date"},
    "backups": {
        "which day’s backup it is, and where": "day path bytes fault",
        _SENDER: "owner",
        _QUEUE: "begun_at made_at proven_at",
    },
    "attempts": {
        _ROW: "id batch_id",
        _SENDER: "owner",
        _QUEUE: "lease_until started_at finished_at",
        _SENDGRID: "outcome status message_id detail",
    },
    "batches": {
        _ROW: "id issue_id edition_id parent_id",
        _COUNT: "size failed skipped tries",
        _QUEUE: "state retry_at accepted_at unknown_at heard_at",
        _SENDGRID: "because cause",
    },
    "branding": {
        _ROW: "id changed_at",
        _PUBLISHED: "name language tagline accent about sign_up logo logo_kind logo_key logo_width logo_height "
        "logo_says_name",
    },
    "closings": {
        _ROW: "id issue_id",
        "why an issue may go over pre-flight, as its history tells": "override",
        "what lets whoever has the proof hold the issue; all editors get the same": "hold_key",
        _PUBLISHED: "content subject text html branding",
        "stand in the text for a reader's links, before anybody's are put in": "tags",
    },
    "consent_records": {_ROW: "id"},
    "reader_imports": {
        _ROW: "id key",
        "what its admin calls the file, and what its readers were shown": "file_name consent ignored",
        "how many rows became what, and how far it is": "lines expected tally fault stage line state ended_at",
        _SENDER: "owner",
        _QUEUE: "lease_until",
    },
    "reader_links": {_ROW: "id"},
    "deliveries": {_ROW: "id batch_id"},
    "demo_marks": {_ROW: "noun row_id"},
    "editions": {
        _ROW: "id issue_id",
        _COUNT: "items",
        _PUBLISHED: "subject text html hash",
        "stand in the text for a reader's links, before anybody's are put in": "tags",
    },
    "editors": {_ROW: "id"},
    "feed_hosts": {"a publisher’s host": "host", _QUEUE: "asked_at not_before refusals"},
    "heartbeats": {_SENDER: "owner", _QUEUE: "at since"},
    "history": {_ROW: "id issue_id"},
    "host_visits": {_ROW: "id", "a publisher’s host": "host", _QUEUE: "until"},
    "import_refusals": {_ROW: "import_id line"},
    "installation": {_ROW: "id epoch", _COUNT: "claims", "the site’s own first address": "feed_root"},
    "issues": {
        _ROW: "id",
        _PUBLISHED: "send_date slot number introduction subject preheader closing_note by_topic sender_name",
        "which summaries were put on, taken off and moved, so that it can be undone": "acts",
        "why an issue was not sent, as its editors are told": "skipped_because",
        _COUNT: "audience",
        _QUEUE: "state created_at imported_at cutoff_at reopened_at reminded_at missed_at frozen_at sent_at skipped_at "
        "readers_forgotten_at paused_until pace pace_gentle probe_key probe_at probe_tries",
        _SENDGRID: "paused_because",
    },
    "journals_read": {"the hash of a file's first line": "journal", _QUEUE: "bytes"},
    "kept_answers": {
        _ROW: "id offer",
        _PUBLISHED_ELSEWHERE: "url answered_by moved_to status etag last_modified fresh_for content_type body",
    },
    "lead_acts": {_ROW: "id"},
    "lead_keys": {_ROW: "key lead_id", _QUEUE: "kept_at"},
    "lead_looks": {_ROW: "lead_id"},
    "lead_resemblances": {_ROW: "lead_id summary_id", "how alike two texts are": "score"},
    "leads": {
        _ROW: "id source_id publication_id rule_id story_id summary_id linked_in",
        _PUBLISHED_ELSEWHERE: "publication guid url canonical title lede language published_at",
        _QUEUE: "arrived_at state snoozed_until",
    },
    "link_checks": {
        "the hash of an address that an issue leads to": "key",
        _PUBLISHED: "url",
        _QUEUE: "checked_at",
        "what that address answered": "verdict words",
    },
    "lists_read": {"which list of SendGrid's": "name", _QUEUE: "read_to window_to"},
    "messages": {_ROW: "id", _QUEUE: "owner retry_at tries not_before"},
    "newsletter_leads": {_ROW: "newsletter_id lead_id"},
    "newsletters": {
        _ROW: "id source_id message_hash",
        _PUBLISHED_ELSEWHERE: "sender subject html text",
        _QUEUE: "received_at",
    },
    "near_stories": {_ROW: "story_id near_id", "how alike two texts are": "score"},
    "revisions": {_ROW: "id summary_id", _PUBLISHED: "kind note wording told_on"},
    "publication_aliases": {_ROW: "owner_id", _PUBLISHED: "spelling name"},
    "publication_slugs": {_ROW: "owner_id", _PUBLISHED: "slug"},
    "publications": {_ROW: "id", _PUBLISHED: "name slug spelling feed_slug renamed_at"},
    "selections": {_ROW: "id issue_id summary_id", _PUBLISHED: "position"},
    "settlements": {_ROW: "id batch_id"},
    "search_postings": {_PUBLISHED: "stem block weights"},
    "searched_words": {_ROW: "summary_id", _PUBLISHED: "words", _QUEUE: "paired"},
    "shelf_blocks": {_PUBLISHED: "block ids days publications topics topic_sets"},
    "signups": {_ROW: "id"},
    "source_links": {
        _ROW: "id summary_id",
        _PUBLISHED: "position url title publication canonical language subscription_needed archived_url",
        _QUEUE: "checked_at check_at described_at",
        "what that address answered": "health health_words",
    },
    "source_rules": {_ROW: "id source_id", "which candidates an inbox is for": "kind words"},
    "source_topics": {_ROW: "source_id topic_id"},
    "sitemap_memories": {_ROW: "source_id", "hashes of a publisher’s addresses": "seen"},
    "sources": {
        _ROW: "id publication_id",
        _PUBLISHED_ELSEWHERE: "kind url fetch_url title home language subscription_needed etag last_modified moved_to",
        "how its items are found, and where its newsletters are received": "recipe mail_key",
        _QUEUE: "added_at state words checked_at ok_at next_at asks failures failing_since moved_since moved_checks "
        "entries newest_at usual_gap lease_owner lease_until rhythm unreadable",
    },
    "standings": {_SERVICE: "name word well at event"},
    "stories": {_ROW: "id", _QUEUE: "made_at"},
    "story_words": {_ROW: "lead_id other_id"},
    "subscribers": {"the number of a reader's row, which leads to what is said beside it, and nowhere else": "id"},
    "summaries": {
        _ROW: "id publication_id",
        _PUBLISHED: "title slug published_on body body_format body_html published_at",
        _QUEUE: "created_at updated_at version wanted indexed_version indexed_seat",
        "a random key that tells one open form from another": "form_key saved_from",
    },
    "supersedings": {_ROW: "summary_id newer_id"},
    "summary_topics": {_ROW: "summary_id topic_id"},
    "tallies": {_ROW: "id", "which of the limits it counts for": "kind"},
    "withdrawals": {_ROW: "summary_id", _PUBLISHED: "reason"},
    "word_pairs": {_PUBLISHED: "block bucket entries"},
    "working_copies": {
        _ROW: "id summary_id",
        "a random key that tells one open form from another": "form_key",
        _QUEUE: "version",
    },
    "writers_seen": {_ROW: "summary_id"},
    "topic_aliases": {_ROW: "owner_id", _PUBLISHED: "spelling name"},
    "topic_slugs": {_ROW: "owner_id", _PUBLISHED: "slug"},
    "topics": {_ROW: "id", _PUBLISHED: "name slug spelling feed_slug renamed_at"},
    "wordings": {"what all readers of a form are shown": "hash version text"},
}
"""By table and reason: the columns, with spaces between them, that say nothing of anybody."""
