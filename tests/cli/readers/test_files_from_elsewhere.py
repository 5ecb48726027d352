"""The operator brings over readers, and those who left, from another service: nobody who left there gets mail here."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.readers.subscribers import audience
from digest.storage.suppressions.suppressions import Suppression
from tests.cli.readers.test_subscribers import Command, all_subscribers
from tests.cli.readers.test_subscribers import command as command
from tests.cli.suppressions.test_suppressions import Command as Suppressions
from tests.factories import make_subscriber

on_sqlite = pytest.mark.only_on("sqlite")

GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers\n"
    "1,alice@example.org,Alice,,true,false,,2024-01-01T00:00:00.000Z,,vip,\n"
    "2,bob@example.org,Bob,,false,false,,2024-01-01T00:00:00.000Z,,,\n"
    "3,carol@example.org,Carol,,true,false,,2024-01-01T00:00:00.000Z,2024-02-01T00:00:00.000Z,,\n"
)
SUBSTACK = (
    "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
    "alice@example.org,false,,other,false,2024-01-01T00:00:00.000Z,\n"
    "bob@example.org,true,2026-12-01T00:00:00.000Z,monthly,true,2024-01-01T00:00:00.000Z,\n"
)
BUTTONDOWN = (
    "id,email_address,notes,tags,metadata,creation_date,type,source,unsubscription_date,undeliverability_date\n"
    "1,alice@example.org,,,{},2024-01-01,regular,,,\n"
    "2,bob@example.org,,,{},2024-01-01,unsubscribed,,2024-02-01,\n"
    "3,carol@example.org,,,{},2024-01-01,removed,,,\n"
    "4,dave@example.org,,,{},2024-01-01,regular,,,2024-02-01T08:00:00Z\n"
    "5,pending@example.org,,,{},2024-01-01,unactivated,,,\n"
)
LISTMONK = (
    "uuid,email,name,attributes,status,created_at,updated_at\n"
    "a,alice@example.org,Alice,{},enabled,2024-01-01,2024-01-01\n"
    "b,bob@example.org,Bob,{},disabled,2024-01-01,2024-01-01\n"
    "c,carol@example.org,Carol,{},blocklisted,2024-01-01,2024-01-01\n"
)
_MAILCHIMP = "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,CC"
MAILCHIMP_SUBSCRIBED = f"{_MAILCHIMP},LEID,EUID,NOTES,TAGS\nalice@example.org,Alice,A,2,,,2023-01-02 03:04:05,,,,,,,\n"
MAILCHIMP_UNSUBSCRIBED = (
    f"{_MAILCHIMP},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,UNSUB_CAMPAIGN_ID\n"
    "bob@example.org,Bob,B,2,,,2023-01-02 03:04:05,,,,2024-02-01 08:00:00,May,x,N/A,,\n"
)
MAILCHIMP_CLEANED = (
    f"{_MAILCHIMP},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID\n"
    "bob@example.org,Bob,B,2,,,2023-01-02 03:04:05,,,,2024-02-01 08:00:00,May,x\n"
)
KEILA = (
    "Email,First name,Last name,Data,Status,Double opt-in at\n"
    "alice@example.org,Alice,A,{},active,2023-01-02T03:04:05Z\n"
    "bob@example.org,Bob,B,{},unsubscribed,\n"
    "carol@example.org,Carol,C,{},unreachable,\n"
)
KIT = (
    "first_name,email,created_at,state\nAlice,alice@example.org,2024-01-01,active\n"
    "Bob,bob@example.org,2024-01-01,cancelled\nCarol,carol@example.org,2024-01-01,bounced\n"
    "Dave,dave@example.org,2024-01-01,complained\n"
)
BEEHIIV = (
    "email,status,created,subscription_tier,utm_source\nalice@example.org,active,2024-01-01,free,\n"
    "bob@example.org,inactive,2024-01-01,free,\npending@example.org,pending,2024-01-01,free,\n"
)
BREVO = "EMAIL,LASTNAME,FIRSTNAME,SMS,BLACKLIST\nalice@example.org,A,Alice,,FALSE\nbob@example.org,B,Bob,,TRUE\n"


@on_sqlite
@pytest.mark.parametrize(
    ("content", "out"),
    [
        (GHOST, {"bob", "carol"}),
        (SUBSTACK, {"bob"}),
        (BUTTONDOWN, {"bob", "carol", "dave", "pending"}),
        (LISTMONK, {"bob", "carol"}),
        (MAILCHIMP_SUBSCRIBED, set()),
        (MAILCHIMP_UNSUBSCRIBED, {"bob"}),
        (MAILCHIMP_CLEANED, {"bob"}),
        (KEILA, {"bob", "carol"}),
        (KIT, {"bob", "carol", "dave"}),
        (BEEHIIV, {"bob", "pending"}),
        (BREVO, {"bob"}),
    ],
)
def test_who_left_another_service_is_out_here_and_who_reads_there_reads_here(
    command: Command, db: Database, content: str, out: set[str]
) -> None:
    result = command.import_(content)
    assert result.exit_code == 0, result.output
    found = {address.partition("@")[0]: reader.state for address, reader in all_subscribers(db).items()}
    assert {name for name, state in found.items() if state != "confirmed"} == out
    assert found.get("pending", "pending") == "pending"
    assert {state for name, state in found.items() if name in out - {"pending"}} <= {"unsubscribed"}
    assert found.get("alice", "confirmed") == "confirmed"


@on_sqlite
@pytest.mark.parametrize(
    "content",
    [
        "email,confirmed_at,unsubscribed_at\nbob@example.org,2023-01-01,2023-02-02\n",
        "email,state,unsubscribed_at\nbob@example.org,confirmed,2023-02-02\n",
        "email,state,unsubscribed_at\nbob@example.org,nonsense,02/03/2023\n",
        "email,confirmed_at,unsubscribed_at\nbob@example.org,some day,2023-02-02\n",
        "email,status\nbob@example.org,Unsubscribed\n",
        "email,Opt-Out\nbob@example.org,TRUE\n",
        "email,Newsletter\nbob@example.org,nein\n",
        "E-Mail,Status\nbob@example.org,Abgemeldet\n",
        "email,LEAVE_TIME\nbob@example.org,8/6/08 10:20\n",
        "email,unsubscribeReason\nbob@example.org,Too many emails\n",
        "email,Tags\nbob@example.org,\"vip, Unsubscribed\"\n",
        "email,state\nbob@example.org,confirmed\nBOB@example.org,unsubscribed\n",
    ],
)  # fmt: skip
def test_a_date_or_a_word_of_leaving_wins(command: Command, db: Database, content: str) -> None:
    result = command.import_(content)
    assert result.exit_code == 0, result.output
    assert all_subscribers(db)["bob@example.org"].state == "unsubscribed"


@on_sqlite
@pytest.mark.parametrize(
    "content",
    [
        "email,confirmed\nbob@example.org,false\n",
        "email,Verified\nbob@example.org,0\n",
        "email,pending\nbob@example.org,yes\n",
        "email,status\nbob@example.org,Not confirmed\n",
        "email,status,confirmed_at\nbob@example.org,unconfirmed,2023-01-01\n",
    ],
)
def test_who_never_confirmed_there_is_not_confirmed_here(command: Command, db: Database, content: str) -> None:
    assert command.import_(content).exit_code == 0
    assert all_subscribers(db)["bob@example.org"].state == "pending"


@on_sqlite
def test_when_somebody_left_is_kept_and_never_lies_ahead(command: Command, db: Database) -> None:
    result = command.import_(
        "email,unsubscribed_at,removed_at\nalice@example.org,2023-12-24,1690083507\n"
        "bob@example.org,05/06/2023,\ncarol@example.org,2031-01-01,\n"
    )
    assert "The date in line 3 can’t be read, so now stands in for it. Write it like 2024-05-15." in result.stdout
    found = all_subscribers(db)
    assert found["alice@example.org"].unsubscribed_at == datetime(2023, 7, 23, 3, 38, 27, tzinfo=UTC)
    bob, carol = found["bob@example.org"].unsubscribed_at, found["carol@example.org"].unsubscribed_at
    assert bob
    assert carol
    assert bob == carol <= datetime.now(UTC)


@on_sqlite
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("email,status\nbob@example.org,asleep\n", "status “asleep” is not known"),
        ("email,State\nbob@example.org,Ohio\n", "such as a region, leave it out with --ignore State."),
        ("email,confirmed\nbob@example.org,at sea\n", "confirmed “at sea” is not known"),
        ("email,unsubscribed\nbob@example.org,perhaps\n", "unsubscribed “perhaps” is not known"),
        ("email,newsletter\nbob@example.org,weekly\n", "newsletter “weekly” is not known"),
        ("email,confirmed_at\nbob@example.org,2031-01-01\n", "lies ahead"),
        ("email,\nbob@example.org,unsubscribed\n", "“unsubscribed” stands under no name"),
    ],
)
def test_what_can_not_be_understood_is_refused(command: Command, db: Database, content: str, said: str) -> None:
    result = command.import_(content)
    assert result.exit_code == 1
    assert "line 2: " in result.stderr
    assert said in result.stderr
    assert all_subscribers(db) == {}


def test_who_bounced_or_complained_there_is_suppressed_here(command: Command, db: Database) -> None:
    result = command.import_(
        "email,status,bounced_at\nalice@example.org,active,\nbob@example.org,Hard Bounce,2023-02-02\n"
        "carol@example.org,Marked as spam,\ndave@example.org,5.1.1,\nerin@example.org,,soft\n"
    )
    assert result.exit_code == 0
    assert result.stdout == (
        "5 rows: 5 added (4 unsubscribed, 1 confirmed), 0 already there, 0 suppressed, 0 refused.\n"
        "3 addresses are suppressed, too (2 bounce, 1 complaint).\n"
    )
    with db.reading() as session:
        assert [reader.address for reader in session.scalars(audience())] == ["alice@example.org"]
        kept = {row.address_hash: row for row in session.query(Suppression)}
    bob = kept[all_subscribers(db)["bob@example.org"].address_hash]
    assert (bob.reason, bob.at, bob.source) == ("bounce", datetime(2023, 2, 2, tzinfo=UTC), "import of members.csv")
    assert "0 added, 1 already there, 3 suppressed" in command.import_(
        "email\nalice@example.org\nbob@example.org\ncarol@example.org\ndave@example.org\n"
    ).stdout  # fmt: skip


@on_sqlite
def test_a_reader_who_is_here_stays_and_what_the_file_says_is_told(
    command: Command, db: Database, settings: Settings
) -> None:
    make_subscriber(db, settings, "alice@example.org")
    said = command.import_("email,status\nalice@example.org,bounced\n").stdout
    assert "0 added, 1 already there" in said
    assert "1 has another state in the file than here; it keeps the one here." in said
    with db.reading() as session:
        assert [reader.address for reader in session.scalars(audience())] == ["alice@example.org"]


@on_sqlite
def test_a_column_that_is_not_known_stops_the_import(command: Command, db: Database) -> None:
    content = "email,Favourite colour,shoe_size\nalice@example.org,red,9\n"
    refused = command.import_(content)
    assert refused.exit_code == 1
    assert "“Favourite colour”, “shoe_size” are not known" in refused.stderr
    assert "--ignore 'Favourite colour' --ignore shoe_size" in refused.stderr
    assert all_subscribers(db) == {}
    assert command.import_(content, ignore=["favourite_COLOUR", "Shoe-Size"]).exit_code == 0
    assert set(all_subscribers(db)) == {"alice@example.org"}


@on_sqlite
def test_ignoring_a_column_that_says_who_left_is_told(command: Command, db: Database) -> None:
    result = command.import_("email,state\nalice@example.org,Bavaria\n", ignore=["state"])
    assert "“state” may say who left, and is ignored, as you asked." in result.stderr
    assert all_subscribers(db)["alice@example.org"].state == "confirmed"


@on_sqlite
def test_who_pays_is_not_who_reads(command: Command, db: Database) -> None:
    content = "email,active_subscription\nalice@example.org,false\n"
    refused = command.import_(content)
    assert "--ignore active_subscription" in refused.stderr
    assert all_subscribers(db) == {}
    command.import_(content, ignore=["active_subscription"])
    assert all_subscribers(db)["alice@example.org"].state == "confirmed"


@on_sqlite
@pytest.mark.usefixtures("command")
def test_suppressions_understand_the_same_words(db: Database, settings: Settings) -> None:
    suppressions = Suppressions(settings.instance_path.parent)
    for content in (
        MAILCHIMP_CLEANED.encode("utf-16"),
        'status,reason,email,created\n5.1.1,"550 5.1.1 no such user, sorry",a@example.org,1690083507\n',
        MAILCHIMP_CLEANED.replace("bob@", "BOB@"),
        MAILCHIMP_UNSUBSCRIBED.replace("bob@", "c@"),
        "E-Mail;Grund der Sperre;status\nd@example.org;;spam\n",
    ):
        result = suppressions.import_(content)
    assert "“Grund der Sperre” is not known" in result.stderr
    result = suppressions.import_("email,status\ne@example.org,active\nf@example.org,junk\n")
    assert "line 2: it says that this reader did not leave" in result.stderr
    with db.reading() as session:
        kept = [(row.reason, row.at) for row in session.query(Suppression)]
    assert sorted(kept)[:3] == [
        ("bounce", datetime(2023, 7, 23, 3, 38, 27, tzinfo=UTC)),
        ("bounce", datetime(2024, 2, 1, 8, tzinfo=UTC)),
        ("complaint", max(at for _, at in kept)),
    ]
    assert sorted(kept)[3:] == [("objection", datetime(2024, 2, 1, 8, tzinfo=UTC))]
