"""Statements compiled once: SQLAlchemy keeps what it has compiled for each engine, and every test has its own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

_ROOM = 2_000
"""Statements. All tests together write some 1,500 different ones."""


def keep_what_statements_compile_to() -> None:
    """From now on the engines of this process, and of those forked from it, share what they have compiled.

    What is compiled is found again under its dialect: two of one class count as one, for here they all speak to one
    version of SQLite and one of PostgreSQL.
    """
    compiled: LRUCache[Any, Any] = LRUCache(_ROOM)
    # In the place of the attribute in which each keeps its own.
    Engine._compiled_cache = property(lambda _: compiled, lambda *_: None)  # type: ignore[assignment]
    DefaultDialect.__hash__ = _by_class  # type: ignore[method-assign, assignment]
    DefaultDialect.__eq__ = _are_of_one_class  # type: ignore[method-assign, assignment]


def _by_class(dialect: DefaultDialect) -> int:
    return hash(type(dialect))


def _are_of_one_class(dialect: DefaultDialect, other: object) -> bool:
    return type(dialect) is type(other)
