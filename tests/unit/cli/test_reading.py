"""Events are read as they come, one a line or as an array, and whatever is none is named."""

import io
import json
import os
from typing import Any

import pytest

from wafa.cli.publish import messages
from wafa.cli.reading import Read, read_as_it_comes


def read(content: bytes) -> list[tuple[str, Any]]:
    found = [one for several in read_as_it_comes(io.BytesIO(content)) for one in several]
    return [(one.place, one.content if one.broken is None else one.broken) for one in found]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", []),
        (b"\n \n", []),
        (b'{"a": 1}', [("line 1", {"a": 1})]),
        (b'\n{"a": 1}\n\n{"a": 2}\r\n', [("line 2", {"a": 1}), ("line 4", {"a": 2})]),
        (b"{\n1\n", [("line 1", b"{"), ("line 2", 1)]),
        (b"[1]\n[2, 3]\n", [("line 1, event 1", 1), ("line 2, event 1", 2), ("line 2, event 2", 3)]),
        (b"[\n1,\n2\n]\n", [("line 1, event 1", 1), ("line 1, event 2", 2)]),
        (b"[1,\n2", [("line 1", b"[1,\n2")]),
        (b'"\xff"\n', [("line 1", b'"\xff"')]),
        (b"[" * 100_000, [("line 1", b"[" * 100_000)]),
    ],
)
def test_one_a_line_or_one_array(content: bytes, found: list[tuple[str, Any]]) -> None:
    assert read(content) == found


def test_a_line_that_has_come_through_a_pipe_waits_for_no_other() -> None:
    out, into = os.pipe()
    with open(out, "rb") as reader, open(into, "wb", buffering=0) as writer:
        lists = read_as_it_comes(reader)
        for number in range(3):
            writer.write(b"%d\n" % number)
            assert [one.content for one in next(lists)] == [number]
        writer.write(b"3\n4\n")
        assert [one.content for one in next(lists)] == [3, 4], "what is there is taken together"


def test_what_has_no_type_is_sent_on_to_quarantine_as_it_is() -> None:
    sent = list(
        messages(
            [
                Read("line 1", {"id": "1"}),
                Read("line 2", 7),
                Read("line 3", {"type": {}}),
                Read("line 4", {"type": "x" * 300}),
                Read("line 5", "said", b"{"),
                Read("line 6", {"type": "purchase.completed.v1"}),
            ]
        )
    )
    assert [one.routing_key for one in sent] == ["unknown"] * 5 + ["purchase.completed.v1"]
    assert [one.body for one in sent[:2]] == [b'{"id":"1"}', b"7"]
    assert sent[4].body == b"{"
    assert json.loads(sent[5].body) == {"type": "purchase.completed.v1"}
