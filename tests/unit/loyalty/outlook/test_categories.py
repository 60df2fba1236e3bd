"""Each kind of goods has a rhythm of its own."""

from services.loyalty.domain.facts import Line
from services.loyalty.domain.offers.basket import Basket
from services.loyalty.domain.outlook.categories import due_categories
from services.loyalty.domain.outlook.rhythm import PRIORS


def basket(day: int, *categories: str | None) -> Basket:
    lines = [Line(f"sku {number}", category, 1, None) for number, category in enumerate(categories)]
    return Basket(day, tuple(lines))


def test_beans_are_due_before_the_grinder() -> None:
    bought = [basket(day, "beans", *(["grinder"] if day % 360 == 0 else [])) for day in range(0, 721, 30)]
    beans, grinder = due_categories(bought, PRIORS)
    assert (beans.category, beans.last, round(beans.due)) == ("beans", 720, 750)
    assert (grinder.category, round(grinder.due)) == ("grinder", 1080)


def test_what_was_bought_twice_has_no_rhythm_yet() -> None:
    assert due_categories([basket(0, "beans"), basket(30, "beans"), basket(60, None)], PRIORS) == []


def test_several_articles_of_a_kind_in_one_basket_are_one_purchase_of_it() -> None:
    (tea,) = due_categories([basket(day, "tea", "tea") for day in (0, 10, 20)], PRIORS)
    assert round(tea.expected_days) == 10
