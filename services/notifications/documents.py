"""Entries and rows as MongoDB keeps them, and what is made of one that is damaged."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar, get_type_hints

import msgspec
import structlog

from services.notifications.domain.audience import Entry
from services.notifications.domain.outreach import FAULT, LIVE, Outreach, State
from services.notifications.domain.reach import reach_of
from services.notifications.domain.told import Told
from services.notifications.domain.traits import traits_of
from wafa.runtime.mongo import Document

log = structlog.get_logger(__name__)

_Kept = TypeVar("_Kept", Entry, Outreach)
_IDS = {Entry: "customer_id", Outreach: "id"}
_FIELDS = get_type_hints(Outreach)
_TOLD = tuple(get_type_hints(Told))
_TEXTS = ("campaign", "customer_id", "step", "occurrence", "channel", "cause", "correlation")
_TIMES = ("planned_at", "not_before", "expires_at")


class Damaged(Exception):
    """What is kept cannot be read; the message says which field, never what is in it."""


def document_of(kept: Entry | Outreach) -> Document:
    """Leave out what is empty: an absent field reads as its default, and sparse indexes stay sparse."""
    fields: dict[str, Any] = msgspec.to_builtins(kept, builtin_types=(datetime,))
    fields["_id"] = fields.pop(_IDS[type(kept)])
    if isinstance(kept, Entry):
        # What is told of the whole person stands where a query looks for it, with or without aliases.
        own = fields.pop("own")
        fields |= msgspec.to_builtins(kept.told, builtin_types=(datetime,)) if kept.brought else own
        fields["own"] = own if kept.brought else None
        traits = traits_of(kept)
        # The latest purchases are a part of the whole person: they stand on top already.
        traits.pop("purchases", None)
        fields["traits"] = traits or None
        fields["reach"] = reach_of(kept) or None
    return {name: value for name, value in fields.items() if value not in (None, (), [])}


def entry_of(document: Document) -> Entry:
    """Return the entry in a document. Raises `Damaged`."""
    if "brought" not in document:
        document = {**document, "own": {name: document[name] for name in _TOLD if name in document}}
    return _read(Entry, document)


def row_of(document: Document) -> Outreach:
    """Return the row in a document; of a damaged one what can be read, with `FAULT` for its reason.

    A damaged row that was still to be sent is failed: nothing can be decided on it any more.
    """
    try:
        return _read(Outreach, document)
    except Damaged as error:
        log.error("message cannot be read", outreach_id=document["_id"], error=str(error))
        return _salvaged(document, str(error))


def _read(kind: type[_Kept], document: Document) -> _Kept:
    try:
        return msgspec.convert({**document, _IDS[kind]: document["_id"]}, kind)
    except msgspec.ValidationError as error:
        raise Damaged(str(error)) from error


def _salvaged(document: Document, fault: str) -> Outreach:
    readable: dict[str, Any] = {}
    for name, kind in _FIELDS.items():
        with suppress(KeyError, msgspec.ValidationError):
            readable[name] = msgspec.convert(document[name], kind)
    unknown = dict.fromkeys(_TEXTS, "unreadable") | dict.fromkeys(_TIMES, datetime.fromtimestamp(0, UTC))
    row = Outreach(**{"id": document["_id"], "state": State.FAILED} | unknown | readable)
    return replace(row, state=State.FAILED if row.state in LIVE else row.state, reason=FAULT, reply=fault)
