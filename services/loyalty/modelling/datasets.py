"""Purchases out of files: which columns they are in, and what they hold."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from services.loyalty.modelling.amounts import MOST, number_of
from services.loyalty.modelling.dates import UnknownDate, day_numbers
from services.loyalty.modelling.history import History
from services.loyalty.modelling.tables import Unreadable, read_table

#: What columns are called, without case and punctuation; the first that is there is taken.
NAMES = {
    "customer": ("customer", "customerid", "customernumber", "cust", "custid", "client", "clientid", "member",
                 "memberid", "membernumber", "user", "userid", "buyer", "buyerid", "shopper", "household",
                 "householdid", "householdkey", "card", "cardid", "cardnumber", "account", "accountid", "id",
                 "العميل", "رقمالعميل", "الزبون"),
    "date": ("date", "purchasedate", "orderdate", "invoicedate", "transactiondate", "transdate", "saledate",
             "salesdate", "day", "datetime", "timestamp", "time", "purchasedat", "orderedat", "createdat",
             "orderpurchasetimestamp", "التاريخ", "تاريخالشراء", "تاريخالفاتورة", "تاريخالطلب"),
    "amount": ("amount", "total", "totalamount", "amountspent", "value", "spend", "spent", "sales",
               "salesvalue", "saleamount", "transamount", "tranamount", "transactionamount", "revenue",
               "ordertotal", "ordervalue", "grossamount", "netamount", "paymentvalue", "turnover", "sum",
               "المبلغ", "الإجمالي", "القيمة"),
    "quantity": ("quantity", "qty", "units", "pieces"),
    "price": ("price", "unitprice", "priceeach", "itemprice"),
}  # fmt: skip
#: In place of a column's name: there is no amount, each purchase counts as one.
NO_AMOUNT = "-"


@dataclass(frozen=True, slots=True)
class Columns:
    """How a file is to be read; what is None is found out."""

    customer: str | None = None
    date: str | None = None
    amount: str | None = None
    date_format: str | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """Purchases of a file.

    Attributes:
        rows: how many lines counted; `nobody`: how many were left out because they name no customer.
        returned: days left out because nothing was bought on them, only given back.
    """

    history: History
    rows: int
    nobody: int
    returned: int


def read(path: Path, columns: Columns) -> Dataset:
    """Read a file.

    A customer's purchases of one day are one. A negative amount is a return: it lessens what was bought on
    the same day, and a day of which nothing remains is none. What is returned on a later day is left out:
    before it happens nobody knows.

    Raises:
        Unreadable: a column is missing, or a value is none.
        OSError: the file cannot be read.
    """
    names, lines = read_table(path)
    places = _places(path, names, columns)
    found = _Told([], [], [], [])
    nobody = 0
    for number, line in lines:
        if len(line) <= max(places.values()):
            raise Unreadable(f"{path}, line {number}: {len(line)} columns, {len(names)} were expected")
        customer = line[places["customer"]].strip()
        if not customer:
            nobody += 1
            continue
        found.lines.append(number)
        found.customers.append(customer)
        found.dates.append(line[places["date"]])
        found.amounts.append(_amount(path, number, line, places))
    if not found.lines:
        raise Unreadable(f"{path}: no purchases")
    return _dataset(path, found, nobody, columns.date_format)


class _Told(NamedTuple):
    """What the lines of a file tell, with their numbers."""

    lines: list[int]
    customers: list[str]
    dates: list[str]
    amounts: list[float]

    def place(self, path: Path, date: str) -> str:
        """Return where a date is."""
        return f"{path}, line {self.lines[self.dates.index(date)]}, date"


def _dataset(path: Path, told: _Told, nobody: int, form: str | None) -> Dataset:
    try:
        numbers = day_numbers(told.dates, form)
    except UnknownDate as error:
        raise Unreadable(f"{told.place(path, error.text)}: {error}") from error
    if early := next((date for date, day in numbers.items() if day < 0), None):
        raise Unreadable(f"{told.place(path, early)}: {early!r} is before 1970")
    people = {customer: place for place, customer in enumerate(sorted(set(told.customers)))}
    persons = np.array([people[one] for one in told.customers])
    days = np.array([numbers[one] for one in told.dates])
    cents = np.rint(np.array(told.amounts) * 100)
    every, given_back = History(persons, days, cents), History(persons, days, np.minimum(cents, 0))
    kept = (every.amounts > 0) | ((every.amounts == 0) & (given_back.amounts == 0))
    if not kept.any():
        raise Unreadable(f"{path}: no purchases, only returns")
    _, again = np.unique(every.people[kept], return_inverse=True)
    history = History(again, every.days[kept], every.amounts[kept])
    return Dataset(history, len(told.lines), nobody, int((~kept).sum()))


def _places(path: Path, names: Sequence[str], columns: Columns) -> dict[str, int]:
    """Return where the columns are that are needed."""
    found: dict[str, int] = {}
    for what, told in (("customer", columns.customer), ("date", columns.date), ("amount", columns.amount)):
        if what == "amount" and told == NO_AMOUNT:
            continue
        place = _told(path, names, what, told) if told is not None else _found(names, what)
        if place is not None:
            found[what] = place
    if "amount" not in found and columns.amount != NO_AMOUNT:
        # Without a quantity, a price is what was paid.
        parts = {what: _found(names, what) for what in ("quantity", "price")}
        if parts["quantity"] is None:
            parts = {"amount": parts["price"]}
        if None not in parts.values():
            found |= {what: place for what, place in parts.items() if place is not None}
    for what in ("customer", "date"):
        if what not in found:
            raise Unreadable(_missing(path, names, what))
    if columns.amount != NO_AMOUNT and not {"amount", "price"} & set(found):
        raise Unreadable(_missing(path, names, "amount") + f", or --amount {NO_AMOUNT} where there is none")
    return found


def _missing(path: Path, names: Sequence[str], what: str) -> str:
    return (
        f"{path}: no column is known to be the {what}; there are {', '.join(names)}. Name it: --{what} COLUMN"
    )


def _told(path: Path, names: Sequence[str], what: str, told: str) -> int:
    if told not in names:
        raise Unreadable(f"{path}: --{what} {told}: no such column; there are {', '.join(names)}")
    if names.count(told) > 1:
        raise Unreadable(f"{path}: --{what} {told}: {names.count(told)} columns are called that")
    return names.index(told)


def _found(names: Sequence[str], what: str) -> int | None:
    plain = [re.sub(r"[\W_]", "", name.lower()) for name in names]
    return next((plain.index(name) for name in NAMES[what] if name in plain), None)


def _amount(path: Path, number: int, line: Sequence[str], places: dict[str, int]) -> float:
    if "amount" in places:
        return _decimal(path, number, "amount", line[places["amount"]])
    if "price" in places:
        parts = (_decimal(path, number, what, line[places[what]]) for what in ("quantity", "price"))
        return next(parts) * next(parts)
    return 1.0


def _decimal(path: Path, number: int, what: str, text: str) -> float:
    value = number_of(text)
    if value is None or not abs(value) <= MOST:
        wanted = "a number such as 12.50 was expected" if value is None else f"more than {MOST:,} is too much"
        raise Unreadable(f"{path}, line {number}, {what}: {text[:40]!r} is no number; {wanted}")
    return value
