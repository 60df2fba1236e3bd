"""What is stored is what was there: no float, no Decimal, nothing lost to the millisecond."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from hypothesis import given

from services.loyalty.domain.codec import (
    decode_announced,
    decode_fact,
    decode_state,
    encode_announced,
    encode_fact,
    encode_state,
)
from services.loyalty.domain.errors import Older
from services.loyalty.domain.facts import Fact, Line, Purchase
from services.loyalty.domain.fold import rebuild
from services.loyalty.domain.outcomes import Announced
from services.loyalty.domain.program import Program
from services.loyalty.domain.state import start

from .histories import histories, patient, programs
from .story import PROGRAM, at


def stored(document: dict[str, Any]) -> dict[str, Any]:
    """The document after a round trip through MongoDB's own format."""
    return bson.decode(bson.encode(document), CodecOptions(tz_aware=True))


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


@patient
@given(programs, histories())
def test_a_state_comes_back_as_it_was_stored(by: Program, facts: list[Fact]) -> None:
    state = rebuild(by, facts)
    document = encode_state(state)
    assert decode_state(document) == state
    assert decode_state(stored(document)) == state
    assert {type(leaf) for leaf in leaves(document)} <= {int, str, datetime, type(None)}


def test_the_state_of_nobody_comes_back_as_it_was_stored() -> None:
    assert decode_state(stored(encode_state(start(PROGRAM)))) == start(PROGRAM)


def test_a_state_of_an_older_version_is_told_apart_and_folded_anew() -> None:
    document = encode_state(start(PROGRAM))
    del document["trail"]
    with pytest.raises(Older, match="trail"):
        decode_state(document)


@patient
@given(histories())
def test_facts_come_back_as_they_were_stored(facts: list[Fact]) -> None:
    assert [decode_fact(stored(encode_fact(fact))) for fact in facts] == facts


@pytest.mark.parametrize("kind", ["purchase", "return"])
def test_what_was_filed_before_lines_were_kept_is_read_without_them(kind: str) -> None:
    old = {"kind": kind, "key": "k1", "time": at("2024-01-01"), "purchase": "till|1", "amount": 500}
    fact = decode_fact(old)
    assert (fact.lines, encode_fact(fact)) == ((), old)


def test_names_can_be_forgotten_and_the_articles_stay() -> None:
    lines = (Line("beans", "coffee", 2, 1250, "For Mona, with love"), Line("cup", None, 1, None))
    document = encode_fact(Purchase("k1", at("2024-01-01"), "till|1", 2500, lines))
    forgotten = decode_fact({**document, "names": "erased"})
    assert "Mona" not in str(forgotten)
    assert [line[:4] for line in forgotten.lines] == [line[:4] for line in lines]


def test_a_fact_of_an_unknown_kind_is_an_error_not_a_guess() -> None:
    with pytest.raises(ValueError, match="gift"):
        decode_fact({"kind": "gift", "key": "k1", "time": at("2024-01-01")})


@pytest.mark.parametrize(
    "announced", [Announced(), Announced("gold", at("2024-01-05"), True, at("2024-01-01"))]
)
def test_what_was_announced_comes_back_as_it_was_stored(announced: Announced) -> None:
    assert decode_announced(stored(encode_announced(announced))) == announced
