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


@pytest.mark.parametrize(
    ("told", "cents"),
    [
        ("12,50", 1250), ("1,234.50", 123450), ("1.234,50", 123450), ("1,234", 123400), ("1 234,56", 123456),
        ("1\u202f234,56", 123456),
        ("\u200f١٢٫٥٠\u00a0ر.س", 1250),
        ("1.234.567", 123456700), ("12 EUR", 1200), ("AED 12.5", 1250), ("12.5 ر.س", 1250), ("Rs. 12", 1200),
        ("١٢٫٥٠", 1250), ("1e3", 100000), ("5%", 500),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(file, told, cents):
    assert rows(read(file(f"customer;date;amount\n7;2024-01-31;{told}\n"), Columns())) == [
        (0, "2024-01-31", float(cents))
    ]


@pytest.mark.parametrize("told", ["-5", "−5", "(5.00)", "$-5", "-$5", "5.00-"])
def test_whatever_says_less_than_nothing_is_a_return(file, told):
    text = f"customer;date;amount\n7;2024-01-31;12\n7;2024-01-31;{told}\n"
    assert rows(read(file(text), Columns())) == [(0, "2024-01-31", 700.0)]


@pytest.mark.parametrize(
    "told", ["", "x", "1-2", "31/01/2024", "2024 01 31", "1:30", "(5", "12.-", "1e16", "9" * 99]
)
def test_what_is_no_amount_is_refused_with_its_line(file, told):
    text = f"customer;date;amount\n7;2024-01-31;1\n\n7;2024-01-31;{told}\n"
    with pytest.raises(Unreadable, match=r"purchases\.csv, line 4, amount: .* is no number; "):
        read(file(text), Columns())


@pytest.mark.parametrize(
    "dates",
    [
        "2024-01-31T23:30:00-05:00",
        "٣١/٠١/٢٠٢٤",
        "٢٠٢٤-٠١-٣١",
        "2024/01/31 10:00",
        "31.01.2024 10:00:00",
        "20240131",
    ],
)
def test_dates_are_read_as_people_write_them(file, dates):
    assert rows(read(file(f"customer;date;amount\n7;{dates};1\n"), Columns())) == [(0, "2024-01-31", 100.0)]


def test_headers_may_be_arabic(file):
    found = read(file("رقم العميل,التاريخ,المبلغ\n7,2024-01-31,1\n"), Columns())
    assert rows(found) == [(0, "2024-01-31", 100.0)]


def test_what_excel_saves_as_unicode_is_read(tmp_path):
    path = tmp_path / "unicode.txt"
    path.write_bytes("customer\tdate\tamount\r\nليلى\t2024-01-31\t1\r\n".encode("utf-16"))
    assert rows(read(path, Columns())) == [(0, "2024-01-31", 100.0)]


def test_lines_are_counted_as_an_editor_does(file):
    text = 'customer,date,note,amount\r\n"a, b",2024-01-31,"two\r\nlines\x0c",1\r\n\r\nc,2024-01-31,,x\r\n'
    with pytest.raises(Unreadable, match="line 5, amount: 'x'"):
        read(file(text), Columns())


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
        ("customer,date,amount\n7,2024-01-01,1\n7,soon,1\n", "line 3, date: 'soon' is no date.*--date-f"),
        ("customer,date,amount\n7,31/01/2024,1\n7,1/1/24,1\n", "line 3, date: '1/1/24' is no date"),
        ("customer,date,amount\n7,2024-01-01,1\n7,1969-12-31,1\n", "line 3, date: '1969-12-31' is before"),
        (",,\n,,\n", "empty"),
        ("customer,date,amount\n" + "x" * 200_000 + ",2024-01-01,1\n", "line 2: field larger"),
        ("customer,date,amount\n7,01/02/2024,1\n", "line 2, date: .*day or the month first.*--date-format"),
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


def test_a_column_that_is_there_twice_is_refused_when_it_is_told(file):
    with pytest.raises(Unreadable, match="--amount paid: 2 columns are called that"):
        read(file("customer,date,paid,paid\n7,2024-01-01,1,2\n"), Columns(amount="paid"))


def test_what_is_no_text_is_refused_without_showing_it(tmp_path):
    path = tmp_path / "purchases.xlsx"
    path.write_bytes(b"PK\x03\x04\x14\x00\x06\x00" + bytes(range(256)))
    with pytest.raises(Unreadable, match=r"a text such as CSV was expected, and this is none$"):
        read(path, Columns())
