"""Of a receipt the ledger keeps which articles it was, bounded, whatever else is on it."""

from typing import Any

from services.loyalty.domain.facts import MOST_LINES, Line
from services.loyalty.receipt import lines_of

from .story import program

PROGRAM = program(rates={"KWD": "3.25"})


def line(
    sku: str, quantity: int = 1, price: str = "5.00", currency: str = "USD", **told: str
) -> dict[str, Any]:
    return {
        "sku": sku,
        "quantity": quantity,
        "unit_price": {"amount": price, "currency": currency},
        **told,
    }


def test_a_purchase_without_lines_has_none() -> None:
    assert lines_of({"total": {"amount": "5.00", "currency": "USD"}}, PROGRAM) == ()


def test_an_article_that_was_scanned_piece_by_piece_is_one_line() -> None:
    told = [line("beans", category="coffee", name="Beans"), line("cup"), line("beans", 2)]
    assert lines_of({"lines": told}, PROGRAM) == (
        Line("beans", "coffee", 3, 500, "Beans"),
        Line("cup", None, 1, 500, None),
    )


def test_a_price_is_told_in_the_base_currency_or_not_at_all() -> None:
    told = [line("dates", price="2.000", currency="KWD"), line("tea", price="900", currency="JPY")]
    assert [one.price for one in lines_of({"lines": told}, PROGRAM)] == [650, None]


def test_a_receipt_as_long_as_the_contract_allows_does_not_make_a_member_as_long() -> None:
    told = [line(f"article {number}") for number in range(999)] + [line("article 0")]
    kept = lines_of({"lines": told}, PROGRAM)
    assert len(kept) == MOST_LINES
    assert kept[0] == Line("article 0", None, 2, 500)
