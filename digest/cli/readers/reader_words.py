"""What we hold about one reader, as `subscribers show` prints it for people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from digest.operations.readers.personal_data import PersonalData
from digest.storage.accounting.reader_copies import ReaderCopy
from digest.storage.messages.messages import MessageState


def for_people(held: PersonalData, spoken: Callable[[datetime], str]) -> str:
    """Everything, in lines; `spoken` words a moment."""
    reader, ban = held.reader, held.suppression
    lines = [
        f"{reader.email}, {reader.state}" + (", suppressed: gets no mail" if ban else ""),
        *([f"suppressed: {ban.reason}, {spoken(ban.at)} ({ban.source or 'nobody named'})"] if ban else []),
        *(f"asked to move to {link.email}: {spoken(link.asked_at)}" for link in held.moves),
        f"name: {reader.name or 'not known'}",
        f"topics: {', '.join(held.topics) or 'everything'}",
        f"came by: {reader.source or 'not recorded'}, {spoken(reader.created_at)}",
        f"confirmed: {spoken(reader.confirmed_at) if reader.confirmed_at else 'no'}",
        f"unsubscribed: {spoken(reader.unsubscribed_at) if reader.unsubscribed_at else 'no'}",
        f"paused until: {spoken(reader.paused_until) if reader.paused_until else 'not paused'}",
        "consent:",
    ]
    for step in held.consent:
        lines.append(f"  {spoken(step.at)}: {step.answer}, {step.place}")
        lines.append(f"    shown ({step.wording_version}, {step.wording_hash[:16]}): {step.wording}")
    lines.append("issues:" if held.copies else "issues: none")
    lines += [_copy_for_people(copy, spoken) for copy in held.copies]
    return "\n".join(lines)


def _copy_for_people(copy: ReaderCopy, spoken: Callable[[datetime], str]) -> str:
    parts = [f"  {copy.issue_date.isoformat()} delivery {copy.delivery_id}: {copy.where}"]
    parts += [f"because {copy.reason}"] if copy.reason else []
    parts += [f"SendGrid’s message {copy.message_id}"] if copy.message_id else []
    if copy.fate:
        said = f" ({copy.fate_reason})" if copy.fate_reason else ""
        parts.append(f"then {copy.fate}{said}, {spoken(copy.fate_at) if copy.fate_at else 'when, was not said'}")
    parts += [_again(copy, spoken(copy.again_at))] if copy.again_at else []
    return "; ".join(parts)


def _again(copy: ReaderCopy, when: str) -> str:
    if copy.again_state in (MessageState.WAITING, MessageState.CLAIMED):
        return f"to be sent again, asked for {when}"
    return f"sent again {when}" + (f", and {copy.again_detail}" if copy.again_state == MessageState.FAILED else "")
