"""Files of many kinds are read as what they are, or refused with the place."""

from pathlib import Path

import pytest

from services.loyalty.modelling.datasets import Columns, Dataset, Unreadable, read
from services.loyalty.modelling.dates import date_of


@pytest.fixture
def file(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "purchases.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def rows(found: Dataset) -> list[tuple[int, str, float]]:
    history = found.history
    days = (str(date_of(one)) for one in history.days)
    return list(zip(history.people.tolist(), days, history.amounts.tolist(), strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "customer,date,amount\n7,2024-01-31,12.50\n",
        "Customer ID;Order Date;Total Amount\n7;31/01/2024;12,50\n",
        "amount\tcustomer_id\tInvoiceDate\n$12.50\t7\t2024-01-31 08:26:00\n",
        "\ufeffCustomerID,InvoiceDate,Quantity,UnitPrice\n7,1/31/2024 8:26,5,2.5\n",
        "user_id,timestamp,price\n7,2024-01-31T08:26:00Z,12.5\n",
        " 00007 20240131  1   12.50\n",
        "7,20240131,12.5\n",
    ],
    ids=["plain", "semicolons", "tabs", "quantity and price", "price", "blanks", "bare"],
)
def test_files_of_many_kinds_are_read_without_being_told(file, text):
    assert rows(read(file(text), Columns())) == [(0, "2024-01-31", 1250.0)]


def test_columns_can_be_told(file):
    text = "karte,tag,eur\n7,31.01.24,12.5\n"
    found = read(file(text), Columns("karte", "tag", "eur", "%d.%m.%y"))
    assert rows(found) == [(0, "2024-01-31", 1250.0)]


def test_where_there_is_no_amount_each_purchase_counts_as_one(file):
    assert rows(read(file("member,date\n7,2024-01-31\n"), Columns(amount="-"))) == [(0, "2024-01-31", 100.0)]


def test_purchases_of_one_day_are_one_and_returns_lessen_them(file):
    text = "customer,date,amount\n7,2024-01-01,15\n7,2024-01-01,-3\n7,2024-02-01,-9\n7,2024-03-01,0\n"
    found = read(file(text), Columns())
    assert rows(found) == [(0, "2024-01-01", 1200.0), (0, "2024-03-01", 0.0)]
    assert found.returned == 1


def test_what_is_given_back_in_full_on_its_day_was_no_purchase(file):
    text = "customer,date,amount\n7,2024-01-01,10\n7,2024-01-01,-10\n8,2024-01-01,1\n"
    assert rows(read(file(text), Columns())) == [(0, "2024-01-01", 100.0)]


def test_lines_of_nobody_are_left_out_and_counted(file):
    found = read(file("customer,date,amount\n,2024-01-01,10\n8,2024-01-01,1\n"), Columns())
    assert (found.nobody, found.history.number) == (1, 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("who,date,amount\n7,2024-01-01,1\n", "known to be the customer.*who, date, amount.*--customer"),
        ("customer,date,note\n7,2024-01-01,x\n", "the amount.*--amount"),
        ("customer,date,amount\n7,2024-01-01,x\n", "line 2, amount: 'x' is no number"),
        ("customer,date,amount\n7,2024-01-01,1\n7,soon,1\n", "'soon' is no date.*--date-format"),
        ("customer,date,amount\n7,01/02/2024,1\n", "day or the month first.*--date-format"),
        ("customer,date,amount\n7,2024-01-01\n", "line 2: 2 columns, 3 were expected"),
        ("customer,date,amount\n", "no purchases"),
        ("customer,date,amount\n7,2024-01-01,-1\n", "only returns"),
        ("1,2,3,4,5\n", "no header, and 5 columns"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_the_place(file, text, told):
    with pytest.raises(Unreadable, match=told):
        read(file(text), Columns())


def test_a_column_that_is_not_there_is_refused(file):
    with pytest.raises(Unreadable, match="--date when: no such column; there are customer, date, amount"):
        read(file("customer,date,amount\n7,2024-01-01,1\n"), Columns(date="when"))
