"""The process that renders: `python -m services.notifications.texts.child`, started by `sandbox`.

It is given texts that nobody vouches for, so it knows nothing else: no settings, no passwords, no connection
but the one to its parent, on its standard input. When that closes, it ends.
"""

import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from services.notifications.texts.engine import Engine
from services.notifications.texts.limits import Watch, limit_memory
from services.notifications.texts.linter import check
from services.notifications.texts.text import Broken, Text
from services.notifications.texts.variables import samples
from services.notifications.texts.wire import (
    Batch,
    Check,
    Findings,
    Hello,
    Ready,
    Results,
    Wanted,
    frame,
    receive,
)

#: So many messages, or those of so many seconds, are handed back at a time: the parent sees that we get on.
AT_A_TIME = 16
AT_LEAST_EVERY = 0.1

_said = msgspec.msgpack.Decoder(Hello | Batch | Check)
_data = msgspec.msgpack.Decoder(dict[str, Any])


def main() -> None:
    """Render until the parent is gone."""
    # Whoever stops the service by the terminal or the process group stops the parent, which then stops us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.set_blocking(0, True)
    with socket.socket(fileno=os.dup(0)) as parent:
        os.close(0)
        with contextlib.suppress(EOFError, ConnectionError):
            _serve(parent)


def _serve(parent: socket.socket) -> None:
    hello = _said.decode(receive(parent))
    assert isinstance(hello, Hello), "the first word"
    watch = Watch(hello.seconds)
    engine = Engine(hello.titles, watch.limited)
    _warm_up(engine)
    limit_memory(hello.room)
    parent.sendall(frame(Ready()))
    while True:
        asked = _said.decode(receive(parent))
        if isinstance(asked, Batch):
            for results in _rendered(engine, asked):
                parent.sendall(frame(results))
        elif isinstance(asked, Check):
            parent.sendall(frame(Findings(check(asked.texts, asked.purpose, engine))))


def _warm_up(engine: Engine) -> None:
    """Load what the first message would otherwise have to wait for, within its limits."""
    for language in ("ar", "en"):
        engine.render("", "recognized", language, language, samples(language))


def _rendered(engine: Engine, batch: Batch) -> Iterator[Results]:
    for key in batch.forget:
        engine.forget(key)
    for key, texts in batch.learn.items():
        engine.learn(key, texts)
    made: list[Text | Broken] = []
    since = time.monotonic()
    for wanted in batch.wanted:
        made.append(_one(engine, wanted))
        if len(made) == AT_A_TIME or time.monotonic() - since > AT_LEAST_EVERY:
            yield Results(made)
            made, since = [], time.monotonic()
    if made:
        yield Results(made)


def _one(engine: Engine, wanted: Wanted) -> Text | Broken:
    data = _data.decode(wanted.data)
    return engine.render(wanted.key, wanted.template, wanted.locale, wanted.default_locale, data)


if __name__ == "__main__":
    main()
