"""What publications and topics are also called, and the slugs that they had before."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ForeignKey, String
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from digest.domain.shared.slugs import LONGEST_SPELLING, spelling
from digest.storage.base.model import Base


class Alias:
    """One more name. Its spelling leads to one owner only."""

    spelling: Mapped[str] = mapped_column(String(LONGEST_SPELLING), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))


class OldSlug:
    """A slug that was in public addresses, which redirect to those with the owner's slug of today."""

    slug: Mapped[str] = mapped_column(String(100), primary_key=True)


class PublicationAlias(Alias, Base):
    """What a publication is also called."""

    __tablename__ = "publication_aliases"

    owner_id: Mapped[int] = mapped_column(ForeignKey("publications.id", ondelete="CASCADE"), index=True)


class TopicAlias(Alias, Base):
    """What a topic is also called."""

    __tablename__ = "topic_aliases"

    owner_id: Mapped[int] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"), index=True)


class PublicationSlug(OldSlug, Base):
    """A slug that a publication had."""

    __tablename__ = "publication_slugs"

    owner_id: Mapped[int] = mapped_column(ForeignKey("publications.id", ondelete="CASCADE"), index=True)


class TopicSlug(OldSlug, Base):
    """A slug that a topic had."""

    __tablename__ = "topic_slugs"

    owner_id: Mapped[int] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"), index=True)


def spelt(context: DefaultExecutionContext) -> str:
    """The spelling of the name in the row that is stored: the default of a column `spelling`."""
    parameters: Mapping[str, str] = context.get_current_parameters()  # type: ignore[no-untyped-call]
    return spelling(parameters["name"])
