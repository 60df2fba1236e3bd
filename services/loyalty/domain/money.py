"""Money between the wire (decimals of any currency) and the ledger (minor units of the base currency)."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

from services.loyalty.domain.program import Program

# Wide enough that a product of what the contract lets in is exact, so that money is rounded once.
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)


class NoExchangeRate(Exception):
    """The program has no rate for this currency."""

    def __init__(self, currency: str) -> None:
        """Name the currency that cannot be converted."""
        super().__init__(f"the loyalty program has no exchange rate for {currency}")
        self.currency = currency


def to_minor(amount: Decimal, currency: str, program: Program) -> int:
    """Return an amount in minor units of the program's base currency, half a unit going to the even one.

    Raises:
        NoExchangeRate: the program does not say what the currency is worth.
    """
    if currency != program.base_currency:
        rate = program.rates.get(currency)
        if rate is None:
            raise NoExchangeRate(currency)
        amount = _EXACT.multiply(amount, rate)
    return int(amount.scaleb(program.base_digits, _EXACT).to_integral_value(context=_EXACT))


def from_minor(amount: int, program: Program) -> Decimal:
    """Return minor units of the base currency as a decimal with all its digits, such as 29.30."""
    return Decimal(amount).scaleb(-program.base_digits, _EXACT)
