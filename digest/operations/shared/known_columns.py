"""The names that files from elsewhere use: their columns, and the words and signs in their cells. All of them are here.

Taken from the exports of Ghost, Substack, Buttondown, listmonk, Mailchimp, Keila, MailerLite, Brevo, Kit, beehiiv,
Campaign Monitor and SendGrid, and from what people write by hand in English, German and French. A name that is not here
is not guessed at. Names are compared by their letters and figures alone: `E-Mail`, `e_mail` and `eMail` are one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import Enum, auto
from functools import lru_cache


class Means(Enum):
    """What a column says."""

    EMAIL = auto()
    NAME = auto()
    FIRST_NAME = auto()
    LAST_NAME = auto()
    TOPICS = auto()
    SOURCE = auto()
    AT = auto()
    """When, of whatever the file is about."""
    CONFIRMED_AT = auto()
    """An empty cell leaves it open: so in our own files, and in Mailchimp's of those who are subscribed."""
    DOUBLE_OPT_IN_AT = auto()
    """The same, where an empty cell says that they never did, unless another column says that they are readers."""
    OPTED_IN_AT = auto()
    """When they asked; it stands in for when they confirmed."""
    PAUSED_UNTIL = auto()
    """No issue before that moment."""
    STATE = auto()
    """A word for where they stand."""
    CONFIRMED = auto()
    """Yes, no, or a date. A no, or nothing: they never confirmed."""
    PENDING = auto()
    STAYS = auto()
    """Yes, no, or a date. A no: they left. Nothing: nobody knows."""
    LEFT = auto()
    """Yes, no, or a date, as in the columns below. Anything but a no: they left."""
    BOUNCED = auto()
    COMPLAINED = auto()
    INVALID = auto()
    OBJECTED = auto()
    WHY_LEFT = auto()
    """Free text, and as the next, only where they did."""
    WHY_BOUNCED = auto()
    REASON = auto()
    """A word for why an address is not to be mailed, or what its mail server said."""
    TAGS = auto()
    """Free words, some of which say that they left."""
    PAYS = auto()
    """Who pays, where readers who don't pay are readers too."""
    NOTHING = auto()
    """Known, and of no use here."""


class FormerState(Enum):
    """Where somebody stands at their former sender, the gravest last."""

    CONFIRMED = auto()
    PENDING = auto()
    LEFT = auto()
    OBJECTED = auto()
    INVALID = auto()
    BOUNCED = auto()
    COMPLAINED = auto()


@lru_cache(maxsize=20_000)
def plain(name: str) -> str:
    """The letters and figures of a name, without case and accents."""
    return "".join(each for each in unicodedata.normalize("NFKD", name).casefold() if each.isalnum())


def _words(text: str) -> frozenset[str]:
    return frozenset(plain(word) for word in text.split())


def _by_name(groups: Mapping[Means, str]) -> dict[str, Means]:
    return {plain(name): means for means, names in groups.items() for name in names.split()}


COLUMNS: Mapping[str, Means] = _by_name(
    {
        Means.EMAIL: """
            email email_address e_mail_address mail mail_address email_addr subscriber subscriber_email contact_email
            user_email member_email customer_email primary_email email_adresse mailadresse adresse_email adresse_mail
            adresse_electronique courriel correo_electronico
            """,
        Means.NAME: "name full_name display_name contact_name subscriber_name your_name nom_complet vollständiger_name",
        Means.FIRST_NAME: "first_name first forename given_name fname f_name vorname prénom",
        Means.LAST_NAME: "last_name last surname family_name lname l_name nachname familienname nom nom_de_famille",
        Means.TOPICS: "topics",
        Means.SOURCE: "source",
        Means.AT: "at created",
        Means.CONFIRMED_AT: "confirmed_at confirm_time",
        Means.PAUSED_UNTIL: "paused_until",
        Means.DOUBLE_OPT_IN_AT: """
            confirmed_on confirmed_date confirmation_date confirmation_time confirm_date date_confirmed
            double_opt_in_at double_opt_in_date double_opt_in_time
            """,
        Means.OPTED_IN_AT: "optin_time optin_date optin_at opted_in_at opted_in_on opt_in_timestamp",
        Means.STATE: """
            state status subscription_state subscription_status subscriber_state subscriber_status member_state
            member_status contact_status email_status email_state email_marketing_status email_marketing_consent
            subscriber_type type zustand statut état
            """,
        Means.CONFIRMED: """
            confirmed is_confirmed verified is_verified email_confirmed email_verified double_opt_in doi activated
            opt_in_confirmed bestätigt confirmé
            """,
        Means.PENDING: "pending is_pending unconfirmed is_unconfirmed unactivated unverified unbestätigt",
        Means.STAYS: """
            subscribed is_subscribed subscribed_to_emails email_subscribed subscribed_to_newsletter newsletter active
            is_active enabled is_enabled opt_in opted_in email_opt_in email_optin accepts_marketing
            accepts_email_marketing email_marketing receive_emails receives_emails aktiv actif abonniert abonné
            inscrit
            """,
        Means.LEFT: """
            unsubscribed unsubscribed_at unsubscribed_on unsubscribed_date unsubscribed_time unsubscribe
            unsubscribe_at unsubscribe_date unsubscribe_time unsub unsub_at unsub_date unsub_time unsubscription_date
            unsubscription_at date_unsubscribed is_unsubscribed has_unsubscribed global_unsubscribe
            unsubscribed_from_emails email_unsubscribed left left_at left_on left_date leave_time leave_date
            leaving_date opt_out opted_out opted_out_at opted_out_on opt_out_at opt_out_date opt_out_time is_opted_out
            email_opt_out has_opted_out_of_email removed removed_at removed_on removed_date is_removed deleted
            deleted_at deleted_on deleted_date is_deleted disabled disabled_at disabled_on is_disabled email_disabled
            email_disabled_at deactivated deactivated_at deactivated_on cancelled canceled cancelled_at canceled_at
            cancelled_on canceled_on inactive is_inactive inactive_since archived archived_at is_archived abgemeldet
            abgemeldet_am abmeldedatum abmeldung désabonné désabonné_le désinscrit désinscrit_le
            date_de_désinscription date_désinscription churn_date churned churned_at churned_on
            """,
        Means.BOUNCED: """
            bounced bounced_at bounced_on bounced_date bounce_at bounce_date bounce_time date_bounced is_bounced
            has_bounced hard_bounce hard_bounced hard_bounced_at hard_bounce_date cleaned cleaned_at cleaned_on
            clean_time clean_date undeliverable undeliverable_at undeliverability_date is_undeliverable unreachable
            unreachable_at
            """,
        Means.COMPLAINED: """
            complained complained_at complained_on complaint complaint_at complaint_date complaint_time has_complained
            spam spam_at spam_date spam_complaint spam_complaint_at spam_report spam_reported spam_reported_at
            reported_spam reported_spam_at marked_as_spam marked_as_spam_at junk abuse abuse_report abuse_reported_at
            """,
        Means.INVALID: "invalid invalid_at is_invalid invalid_email",
        Means.OBJECTED: """
            blocklisted blocklisted_at blocklist is_blocklisted blacklisted blacklisted_at blacklist is_blacklisted
            email_blacklisted email_blocklisted blocked blocked_at is_blocked email_blocked suppressed suppressed_at
            is_suppressed banned banned_at is_banned do_not_email do_not_mail do_not_contact objected objected_at
            """,
        Means.WHY_LEFT: """
            unsub_reason unsub_reason_other unsubscribe_reason unsubscribed_reason unsubscription_reason
            opt_out_reason suppression_reason churn_reason leave_reason cancellation_reason unsub_campaign
            unsub_campaign_title unsub_campaign_id unsubscribe_campaign unsubscribed_campaign unsub_ip unsubscribe_ip
            """,
        Means.REASON: "reason",
        Means.WHY_BOUNCED: """
            bounce_reason bounce_type bounced_reason undeliverability_reason clean_reason clean_campaign
            clean_campaign_title clean_campaign_id bounce_campaign
            """,
        Means.TAGS: "tags tag labels label groups group segments segment lists list list_name",
        Means.PAYS: "active_subscription",
        Means.NOTHING: """
            id uuid uid guid contact_id subscriber_id member_id customer_id external_id ext_id unique_id leid euid
            secondary_id created_at created_on created_date creation_date create_date date_created updated updated_at
            updated_on date_updated modified modified_at modified_time last_changed last_modified added added_at
            added_on added_time date_added date subscribed_at subscribed_on subscribed_date subscribe_date
            subscription_date date_subscribed signup_date sign_up_date signed_up_at joined joined_at joined_on
            join_date date_joined optin_ip confirm_ip ip ip_address signup_ip opt_in_ip member_rating rating
            engagement_score score latitude longitude gmtoff dstoff timezone time_zone cc region country country_code
            city zip zip_code postcode postal_code address address_1 address_2 street phone phone_number sms whatsapp
            mobile company company_name organisation organization job_title title salutation anrede birthday gender
            language lang locale note notes comment comments attributes attribs metadata data custom_fields
            stripe_customer_id complimentary_plan tiers tier subscription_tier plan expiry first_payment_at gift_id
            prefer_digests email_count email_opened_count email_open_rate open_rate click_rate click_through_rate
            opens clicks sent emails_sent opened clicked last_open last_open_date last_opened_at last_click
            last_click_date last_clicked_at last_seen_at last_sent last_activity utm_source utm_medium utm_campaign
            utm_content utm_term utm_channel referrer referrer_url referring_site referral_code referral_count
            acquisition_source avatar_url email_type email_domain list_id list_ids firma land ort plz straße
            telefon pays ville téléphone société
            """,
    }
)

_WORDS: Mapping[FormerState, str] = {
    FormerState.CONFIRMED: """
        confirmed subscribed active enabled verified opted_in opt_in regular premium free paid comped gifted trialed
        unpaid past_due churning cold bestätigt aktiv angemeldet abonniert confirmé actif abonné inscrit
        """,
    FormerState.PENDING: """
        pending unconfirmed not_confirmed unactivated unverified not_verified validating needs_approval opt_in_pending
        pending_confirmation awaiting_confirmation invited unbestätigt ausstehend en_attente non_confirmé
        """,
    FormerState.LEFT: """
        unsubscribed unsubscribe unsub left disabled removed inactive deleted cancelled canceled opted_out opt_out
        archived deactivated churned expired spammy not_subscribed no_longer_subscribed unsubscribed_from_all
        unsubscribed_by_admin abgemeldet inaktiv gelöscht désabonné désinscrit inactif supprimé
        soft_bounced soft_bounce soft bounced_soft failed undelivered unsubs unsubscribes unsubscriber unsubscribers
        opt_outs désinscription désabonnement ausgetragen
        """,
    FormerState.OBJECTED: """
        objection objected blocklisted blacklisted blocked block suppressed banned do_not_email do_not_mail
        do_not_contact do_not_send dnc blocklist blacklist gesperrt bloqué
        """,
    FormerState.INVALID: "invalid invalid_email invalid_address ungültig invalide",
    FormerState.BOUNCED: """
        bounced bounce bounces hard_bounced hard_bounce hard hard_bounces cleaned
        undeliverable unreachable bounced_hard permanent permanent_bounce unzustellbar
        """,
    FormerState.COMPLAINED: """
        complained complaint complaints complaining spam spam_complaint spam_report spam_reports spam_reported
        reported_spam marked_as_spam junk abuse abuse_complaint abuse_report beschwerde plainte
        """,
}
WORDS: Mapping[str, FormerState] = {plain(word): means for means, words in _WORDS.items() for word in words.split()}
"""What stands in a column that says where somebody stands."""

YES = _words("yes y true t 1 on x ja wahr j oui vrai sí si")
NO = _words("no n false f 0 off nein falsch non faux")
TICKS = frozenset("✓✔☑✅")
CROSSES = frozenset("✗✘❌☐")
"""`☒` and `✖` are neither: some tick with them, others cross out."""
EMPTY = _words("null none nil nan n/a never nie jamais undefined")
"""What exports write where there is nothing to say."""
