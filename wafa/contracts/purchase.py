"""Purchases and what came back of them."""

from wafa.contracts.fields import Identifier, Line, Many, Part, Whole
from wafa.contracts.money import Money
from wafa.contracts.reference import InboundData
from wafa.contracts.schema import Contract


class PurchaseLine(Contract):
    """One line of a receipt."""

    sku = Identifier("Article number.", required=True)
    name = Line("What the article is called.")
    category = Line("Kind of goods, as the shop sorts them.")
    quantity = Whole("Pieces. Goods by weight count as 1 piece at their price.", max=1_000_000, required=True)
    unit_price = Part(Money, "Price of one piece.", required=True)


class PurchaseCompleted(InboundData):
    """A customer bought and paid."""

    purchase_id = Identifier(
        "Id of the purchase, unique within the event's `source`. Told again under another event `id`, it is "
        "one purchase: the first amount counts. To put an amount right, publish a return.",
        required=True,
    )
    total = Part(Money, "What was paid, all discounts taken off.", required=True)
    lines = Many(Part(PurchaseLine), "What was bought. Not added up: `total` counts.", max=1000)


class PurchaseReturned(InboundData):
    """A customer brought back a purchase or a part of it. The return counts on the day of its purchase."""

    return_id = Identifier("Id of the return, unique within the event's `source`.", required=True)
    purchase_id = Identifier("Id of the purchase, published by the same `source`.", required=True)
    total = Part(Money, "What was paid back.", required=True)
    lines = Many(Part(PurchaseLine), "What came back. Not added up: `total` counts.", max=1000)
