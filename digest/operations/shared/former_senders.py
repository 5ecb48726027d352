"""The services that readers come over from: how an export of each is known, and what in it means other than elsewhere.

What their columns and words mean in any file is in `known_columns`. Here is only what depends on who wrote the file: a
date of signing up that stands in for the consent, a date of ending to pay that looks like one of leaving, a state that
only the file's name tells. The headers are as their exports write them (2026).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from digest.operations.shared.known_columns import Means, plain

_BETWEEN_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class FormerSender:
    """A service, as its exports show it. Names of columns and words are compared as `known_columns.plain` has them."""

    name: str
    """As `--from` has it."""
    shown: str
    known_by: tuple[frozenset[str], ...]
    """Columns that only its exports have together; any one of the sets tells."""
    columns: Mapping[str, Means] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    """Its words for a state that mean another elsewhere, or nothing, each with one that is known."""
    states_by_file: Mapping[str, str] = field(default_factory=dict)
    """How its files' names begin, and the state of everybody in such a file."""
    strangers: str = "-"
    """How the name of a file begins that has only people who never subscribed."""
    files: tuple[str, ...] = ()
    """What its files of readers are called in an archive of its exports, as patterns of a shell."""

    def state_of(self, file: str) -> str:
        """The word for where everybody in the file of that name stands; empty if the name does not tell."""
        name = _as_exports_write(file)
        return next((state for start, state in self.states_by_file.items() if name.startswith(start)), "")

    def is_of_strangers(self, file: str) -> bool:
        """Whether, by its name, the file has only people who never subscribed."""
        return _as_exports_write(file).startswith(self.strangers)


def _as_exports_write(file: str) -> str:
    """`Unsubscribed (1).csv` as `unsubscribed_1_`: people give such files shorter names."""
    return _BETWEEN_WORDS.sub("_", f"{PurePath(file).stem.casefold()}_")


def _columns(meanings: Mapping[Means, str]) -> dict[str, Means]:
    return {plain(name): means for means, names in meanings.items() for name in names.split()}


def _together(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(plain(name) for name in names.split()) for names in sets)


SENDERS: tuple[FormerSender, ...] = (
    # A ZIP of subscribed_…, unsubscribed_…, cleaned_… and nonsubscribed_…, each `…_email_audience_export_<hash>.csv`,
    # before 2023 `…_members_export_<hash>.csv`: Email Address, First Name, Last Name, the audience's own fields,
    # MEMBER_RATING, OPTIN_TIME, OPTIN_IP, CONFIRM_TIME, CONFIRM_IP, LATITUDE, LONGITUDE, GMTOFF, DSTOFF, TIMEZONE, CC,
    # REGION, [UNSUB_TIME, UNSUB_CAMPAIGN_TITLE, UNSUB_CAMPAIGN_ID, UNSUB_REASON, UNSUB_REASON_OTHER | CLEAN_TIME,
    # CLEAN_CAMPAIGN_TITLE, CLEAN_CAMPAIGN_ID], LAST_CHANGED, LEID, EUID, NOTES, TAGS. No column has the state.
    FormerSender(
        "mailchimp",
        "Mailchimp",
        _together("leid euid"),
        states_by_file={
            "cleaned_": "cleaned",
            "unsubscribed_": "unsubscribed",
            "subscribed_": "subscribed",
        },
        strangers="nonsubscribed_",
        files=("cleaned*.csv", "unsubscribed*.csv", "subscribed*.csv"),
    ),
    # uuid, email, name, attributes, status (enabled, disabled, blocklisted), created_at, updated_at. Who left which
    # list is only in what its API answers.
    FormerSender(
        "listmonk",
        "listmonk",
        _together("uuid email attributes status"),
        _columns({Means.OPTED_IN_AT: "created_at"}),
        files=("subscribers.csv", "segment-*.csv"),
    ),
    # id, email, name, note, subscribed_to_emails, complimentary_plan, stripe_customer_id, created_at, deleted_at,
    # labels, tiers (before 2022 products), gift_id. A member has followed a link in their mailbox, or was imported.
    FormerSender(
        "ghost",
        "Ghost",
        _together("subscribed_to_emails complimentary_plan"),
        _columns({Means.OPTED_IN_AT: "created_at", Means.NOTHING: "products"}),
        files=("members*.csv",),
    ),
    # email_list.<publication>.csv of the whole export: email, active_subscription, expiry, plan, email_disabled,
    # created_at, first_payment_at, before also prefer_digests, stripe_customer_id, type. The export of the subscribers'
    # page has only those who get mail: Email, Name, Stripe plan, Cancel date (of paying), Start date, Paid upgrade
    # date, Activity, Type, Subscription source (free), …
    FormerSender(
        "substack",
        "Substack",
        _together("active_subscription email_disabled", "stripe_plan cancel_date start_date"),
        _columns(
            {
                Means.OPTED_IN_AT: "created_at start_date",
                Means.SOURCE: "subscription_source_(free)",
                Means.NOTHING: """
                    stripe_plan cancel_date paid_upgrade_date activity first_paid_date bestseller revenue
                    subscription_source_(paid) days_active_(last_30_days) expiration_date type
                    """,
            }
        ),
        files=("email_list*.csv",),
    ),
    # email_address (before 2024: email), notes, metadata, tags, type (before: subscriber_type), creation_date,
    # unsubscription_date, unsubscription_reason, undeliverability_date, undeliverability_reason, source, referrer_url,
    # utm_…, churn_date and upgrade_date (of paying), … Who has paused has paused paying, and reads on.
    FormerSender(
        "buttondown",
        "Buttondown",
        _together("type creation_date metadata", "subscriber_type creation_date"),
        _columns(
            {
                Means.OPTED_IN_AT: "creation_date subscription_date",
                Means.NOTHING: """
                    churn_date upgrade_date subscriber_import_id stripe_coupon stripe_customer firewall_reasons
                    risk_score purchased_by transitions email_transitions
                    """,
            }
        ),
        {"paused": "regular", "malformed": "invalid"},
        {"unsubscribers": "unsubscribed"},
        files=("unsubscribers*.csv", "subscribers*.csv"),
    ),
    # Email, First name, Last name, Data (JSON), Status (active, unsubscribed, unreachable), newer ones also External ID
    # and Double opt-in at.
    FormerSender(
        "keila",
        "Keila",
        _together("email first_name last_name data status"),
        files=("contacts_*.csv",),
    ),
)  # fmt: skip
BY_NAME: Mapping[str, FormerSender] = {sender.name: sender for sender in SENDERS}


def sender_of(columns: Collection[str]) -> FormerSender | None:
    """Whose export has these columns; None where none of them is told by them."""
    names = {plain(column) for column in columns}
    return next((sender for sender in SENDERS if any(names >= together for together in sender.known_by)), None)
