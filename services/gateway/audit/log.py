"""Who did what: the audit log, to which rows are appended and of which none is ever changed.

`asked`      Somebody is about to do something. It is in the database before anything is done: a door that
             changes something does nothing while the database is away.
`answered`   What came of it, within seconds. Where it is missing, the process died in between.
`counted`    How often something was asked in a minute that is not worth a row each: publishing and reading.

A row names the key and the door, the ids in the path and those in the answer. What else was asked and
answered is not in it: it may be about a person, and nobody can be erased from a log.
"""

import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog

from wafa.contracts.times import format_time

log = structlog.get_logger(__name__)

Row = dict[str, Any]

#: How much may wait for a database that is away; what is older then is dropped, and the log says so.
MOST_WAITING = 20_000
MOST_AT_ONCE = 1_000
_LAST = 2**64 - 1

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,99}")
_NUMBER = re.compile(r"[0-9.-]{7,}")
WITHHELD = "(withheld)"


class Records(Protocol):
    """Where rows are kept."""

    def note(self, rows: list[Row]) -> None:
        """Append rows; safe to repeat."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks, from where, and in which request: for people who search the log."""

    key: str | None
    name: str
    request_id: str | None = None
    address: str | None = None


def place(at_ns: int) -> str:
    """Return what the ids of rows begin with that are written at a moment (nanoseconds of the epoch)."""
    return f"{at_ns:016x}"


def place_at(moment: datetime) -> str:
    """Return the place of an aware moment among the rows."""
    return place(min(max(int(moment.timestamp() * 1_000_000) * 1_000, 0), _LAST))


def kept_singly(scope: str, changes: bool) -> bool:
    """Tell whether each request through a door gets rows of its own, or they are counted by the minute."""
    return scope == "customers:export" or (changes and scope != "events:write")


def told(value: object) -> str:
    """Return an id as it may stand in the log: what could be an address or a telephone number is withheld."""
    text = str(value)
    return text if _ID.fullmatch(text) and not _NUMBER.fullmatch(text) else WITHHELD


def ids_in(answer: object) -> dict[str, str]:
    """Return the ids that stand at the top of an answer."""
    if not isinstance(answer, Mapping):
        return {}
    return {
        name: told(value)
        for name, value in answer.items()
        if (name == "id" or name.endswith("_id")) and isinstance(value, str)
    }


class Audit:
    """Writes the rows of a process; safe to share among threads. `now` returns an aware moment."""

    def __init__(self, records: Records, now: Callable[[], datetime]) -> None:
        self._records = records
        self._now = now
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._waiting: list[Row] = []
        self._counts: Counter[tuple[str | None, str, str, datetime, str]] = Counter()

    def asked(self, who: Who, what: str, arguments: Mapping[str, object]) -> str:
        """Take down that somebody is about to do something; return the id of the row when it is kept.

        Raises:
            one of `TRANSIENT`: the database is away, and nothing may be done.
        """
        named = {name: told(value) for name, value in arguments.items()}
        row = self._row("asked", who, what, arguments=named)
        self._records.note([row])
        return str(row["_id"])

    def answered(self, asked: str, who: Who, what: str, status: int, changed: Mapping[str, str]) -> None:
        """Take down what came of it; it is kept with the next `flush`."""
        row = self._row("answered", who, what, asked=asked, status=status, changed=dict(changed))
        with self._lock:
            self._waiting.append(row)
            del self._waiting[: self._too_many()]

    def counted(self, who: Who, what: str, status: int) -> None:
        """Count what gets no row of its own."""
        minute = self._now().replace(second=0, microsecond=0)
        with self._lock:
            if len(self._counts) < MOST_WAITING:
                self._counts[(who.key, who.name, what, minute, str(status))] += 1

    def flush(self) -> None:
        """Keep what waits.

        Raises:
            one of `TRANSIENT`: the database is away; nothing is lost, call it again.
        """
        with self._flushing:
            with self._lock:
                counts, self._counts = self._counts, Counter()
                self._waiting += self._count_rows(counts)
                del self._waiting[: self._too_many()]
                rows = [*self._waiting]
            for start in range(0, len(rows), MOST_AT_ONCE):
                part = rows[start : start + MOST_AT_ONCE]
                self._records.note(part)
                kept = {row["_id"] for row in part}
                with self._lock:
                    self._waiting = [row for row in self._waiting if row["_id"] not in kept]

    def _too_many(self) -> int:
        excess = max(len(self._waiting) - MOST_WAITING, 0)
        if excess:
            log.error("rows of the audit log dropped: the database has been away for too long", rows=excess)
        return excess

    def _count_rows(self, counts: Mapping[tuple[str | None, str, str, datetime, str], int]) -> Iterable[Row]:
        by_minute: dict[tuple[Any, ...], dict[str, int]] = {}
        for (*group, status), number in counts.items():
            by_minute.setdefault(tuple(group), {})[status] = number
        for (key, name, what, minute), statuses in by_minute.items():
            yield self._row("counted", Who(key, name), what, minute=minute, counts=statuses)

    def _row(self, kind: str, who: Who, what: str, **more: Any) -> Row:
        known = {
            "key": who.key,
            "name": who.name,
            "request_id": who.request_id,
            "address": who.address,
            "door": what,
            **more,
        }
        # Nothing is told twice, and nothing that is not known.
        return {
            "_id": f"{place(time.time_ns())}-{secrets.token_hex(4)}",
            "at": self._now(),
            "kind": kind,
            **{name: value for name, value in known.items() if value not in (None, {})},
        }


def shown(row: Row) -> Row:
    """Return a row as JSON."""
    times = {name: format_time(row[name]) for name in ("at", "minute") if name in row}
    return {"id": row["_id"], **{name: value for name, value in row.items() if name != "_id"}, **times}
