"""What parent and child say to each other: frames of a length and msgpack.

parent  Hello                 once
child   Ready                 once, when it can begin
parent  Batch                 again and again; ends by closing the connection
child   Results ...           of a batch, some at a time and in its order, until all are there
parent  Check
child   Findings
"""

import struct
from collections.abc import Callable
from typing import Protocol

import msgspec

from services.notifications.texts.findings import Finding
from services.notifications.texts.text import Broken, Text, Texts, Titles

_LENGTH = struct.Struct(">I")
_CHUNK = 256 * 1024


class Hello(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """What the child has to know: the titles of the tiers, and how much it may use.

    `seconds` of processor time for each message, and `room` in bytes beyond what an idle child has.
    """

    titles: Titles
    seconds: float
    room: int


class Ready(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The child can begin."""


class Wanted(msgspec.Struct, frozen=True, array_like=True):
    """An order without its texts; `data` is msgpack of its own, so that none spoils a batch."""

    key: str
    template: str
    locale: str | None
    default_locale: str
    data: bytes


class Batch(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Messages to write, after learning texts by their key and forgetting some."""

    learn: dict[str, Texts]
    forget: list[str]
    wanted: list[Wanted]


class Results(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The next messages of a batch."""

    made: list[Text | Broken]


class Check(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Texts to look for mistakes in; `purpose` is that of their campaign."""

    texts: Texts
    purpose: str


class Findings(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """What was found in them."""

    found: list[Finding]


Said = Hello | Batch | Check
Answered = Ready | Results | Findings


class Connection(Protocol):
    """A socket, as far as it is needed here."""

    def sendall(self, content: bytes, /) -> None:
        """Send everything."""

    def recv(self, size: int, /) -> bytes:
        """Return what there is, nothing when the other side is gone."""


def frame(message: Said | Answered) -> bytes:
    """Return a message as it goes over the connection."""
    content = msgspec.msgpack.encode(message)
    return _LENGTH.pack(len(content)) + content


def receive(connection: Connection) -> bytes:
    """Return the content of the next frame.

    Raises:
        EOFError: the other side is gone.
        OSError: so it is, or it says nothing for too long (`TimeoutError`).
    """
    (length,) = _LENGTH.unpack(_exactly(_LENGTH.size, connection.recv))
    return _exactly(length, connection.recv)


def _exactly(size: int, recv: Callable[[int], bytes]) -> bytes:
    pieces, missing = [], size
    while missing:
        piece = recv(min(missing, _CHUNK))
        if not piece:
            raise EOFError("the other side is gone")
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
