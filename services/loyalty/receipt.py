"""What was on the receipt of a purchase or a return, as the ledger keeps it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.loyalty.domain.facts import MOST_LINES, Line
from services.loyalty.domain.money import NoExchangeRate, to_minor
from services.loyalty.domain.program import Program


def lines_of(data: Mapping[str, Any], program: Program) -> tuple[Line, ...]:
    """Return the articles of an event's data in the order of the receipt: each once, at most `MOST_LINES`.

    Quantities of the same article are added up; what else is told of it is that of its first line.
    """
    found: dict[str, Line] = {}
    for one in data.get("lines", ()):
        known = found.get(one["sku"])
        if known:
            found[one["sku"]] = known._replace(quantity=known.quantity + one["quantity"])
        elif len(found) < MOST_LINES:
            price = _price(one["unit_price"], program)
            found[one["sku"]] = Line(one["sku"], one.get("category"), one["quantity"], price, one.get("name"))
    return tuple(found.values())


def _price(money: Mapping[str, str], program: Program) -> int | None:
    try:
        return to_minor(Decimal(money["amount"]), money["currency"], program)
    except NoExchangeRate:
        return None  # The total counts, and has a rate; a price only helps to compare.
