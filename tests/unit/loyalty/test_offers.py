"""What is offered: what runs out, what goes with what they have, and nothing that tells of somebody else."""

from collections import Counter
from itertools import combinations
from math import sqrt

import pytest

from services.loyalty.domain.facts import Line, Purchase
from services.loyalty.domain.offers import counting
from services.loyalty.domain.offers.basket import Basket, baskets_of
from services.loyalty.domain.offers.choosing import Case, choose
from services.loyalty.domain.offers.comparing import OURS, OWN, POPULAR, TOGETHER, compare
from services.loyalty.domain.offers.counting import FEWEST_CUSTOMERS, Pairs
from services.loyalty.domain.offers.learning import Table, learn
from services.loyalty.domain.offers.ranking import Candidate, candidates, nearest, own_of, ranked
from services.loyalty.domain.offers.substitutes import alternatives
from services.loyalty.domain.offers.suggesting import Reason, Suggestion, again, new, next_category
from services.loyalty.domain.offers.table import Blend
from services.loyalty.domain.offers.tallies import SHRINK

from .shop_of_habits import FIRST, LAST, basket, habits
from .story import at, bought, returned


@pytest.fixture(scope="module")
def table() -> Table:
    found = learn(habits)
    assert found
    return found


def found_for(table: Table, baskets: list[Basket], today: int) -> list[Candidate]:
    own = own_of(baskets, today)
    near = nearest(own, table.articles, table.summary, today)
    return candidates(own, near, table.articles, table.summary, today)


def offered_again(table: Table, baskets: list[Basket], today: int) -> list[Suggestion]:
    return again(found_for(table, baskets, today), table.summary.blend, 5)


def purchase(when: str, *lines: Line) -> Purchase:
    one = bought(when, "50.00")
    return Purchase(one.key, one.time, one.purchase, one.amount, lines)


BEANS, CUP = Line("beans", "coffee", 2, 12_00), Line("cup", None, 1, 9_00)


def test_purchases_of_a_day_are_one_basket() -> None:
    [only] = baskets_of([purchase("2024-03-01T08:00:00", BEANS), purchase("2024-03-01T23:59:59", BEANS, CUP)])
    assert only == (at("2024-03-01").toordinal(), (BEANS._replace(quantity=4), CUP))


def test_what_came_back_was_not_bought() -> None:
    bulk = purchase("2024-03-01", BEANS, CUP)
    part = returned("2024-03-04", bulk, "9.00")
    part = type(part)(part.key, part.time, part.purchase, part.amount, (CUP,))
    assert [one.lines for one in baskets_of([part, bulk])] == [(BEANS,)]
    assert baskets_of([bulk, returned("2024-03-04", bulk, "50.00")]) == []
    assert [one.lines for one in baskets_of([bulk, returned("2024-03-04", bulk, "1.00")])] == [(BEANS, CUP)]


def test_counts_are_those_of_a_plain_count(table: Table) -> None:
    everything = [{line.sku for line in one.lines} for baskets in habits() for one in baskets]
    assert table.summary.baskets == len(everything)
    assert table.summary.size == pytest.approx(sum(map(len, everything)) / len(everything))
    for one, other in combinations(sorted(table.articles), 2):
        both = sum({one, other} <= skus for skus in everything)
        told = [near for near in table.articles[one].neighbours if near.name == other]
        if both < 2:
            assert told == []
            continue
        [near] = told
        alone = [sum(sku in skus for skus in everything) for sku in (one, other)]
        assert near.together == both
        assert near.score == pytest.approx(both / sqrt(alone[0] * alone[1]) * both / (both + SHRINK))
        assert table.articles[one].baskets == alone[0]


def test_what_is_bought_each_month_is_known_to_be(table: Table) -> None:
    every = table.articles["filters"].every
    assert every is not None
    assert 25 < every < 60


def test_beans_are_offered_when_they_run_out_and_not_the_day_after_they_were_bought(table: Table) -> None:
    mine = [basket(LAST - days, "beans") for days in (120, 90, 60, 30)]
    [due] = offered_again(table, mine, LAST)
    assert (due.sku, due.reason, due.figures["times"], due.figures["since_days"]) == (
        "beans",
        Reason.REPLENISH,
        4,
        30,
    )
    assert 25 <= due.figures["every_days"] <= 40
    [early] = offered_again(table, mine, LAST - 29)
    assert (early.reason, early.figures["since_days"]) == (Reason.USUAL, 1)


def test_of_what_was_bought_once_the_rhythm_of_others_tells(table: Table) -> None:
    [told] = offered_again(table, [basket(LAST - 60, "filters")], LAST)
    assert (told.reason, told.figures["times"], told.figures["since_days"]) == (Reason.RUNS_OUT, 1, 60)


def test_filters_are_offered_with_beans_and_for_that_reason(table: Table) -> None:
    mine = [basket(LAST - 30, "beans")]
    blend = Blend(discovery=0.75)
    first = new(found_for(table, mine, LAST), table.articles, blend, 3)[0]
    assert (first.sku, first.reason, first.anchor) == ("filters", Reason.TOGETHER, "beans")
    assert first.figures["baskets"] == table.articles["beans"].baskets
    assert first.figures["percent"] == round(100 * first.figures["together"] / first.figures["baskets"])
    assert "beans" not in {one.sku for one in new(found_for(table, mine, LAST), table.articles, blend, 10)}


def test_who_never_bought_is_offered_what_is_popular(table: Table) -> None:
    found = found_for(table, [], LAST)
    assert again(found, table.summary.blend, 5) == []
    first = new(found, table.articles, table.summary.blend, 3)[0]
    assert (first.sku, first.reason) == (table.summary.popular[0], Reason.POPULAR)


def test_the_next_category_is_one_that_is_new_to_the_customer(table: Table) -> None:
    mine = [basket(LAST - 30, "beans")]
    categories = {one.name: one for one in table.categories}
    chosen = next_category(mine, categories, own_of(mine, LAST))
    assert chosen
    name, told = chosen
    assert (name, told.sku, told.anchor, told.reason) == ("sweets", "dates", "coffee", Reason.CATEGORY)
    coffee = categories["coffee"]
    near = next(near for near in coffee.neighbours if near.name == "sweets")
    assert told.figures == {
        "percent": round(100 * near.together / coffee.customers),
        "together": near.together,
        "customers": coffee.customers,
    }


def test_instead_of_beans_other_beans_are_offered_and_no_grinder(table: Table) -> None:
    beans = table.articles["beans"]
    found = alternatives(beans, table.articles.values(), 3)
    assert found[0].sku == "beans decaf"
    assert (found[0].same_category, found[0].dearer) == (True, 8)
    assert found[0].similarity > 50
    assert {one.sku for one in found} <= {"beans decaf", "filters", "grinder"}


def test_an_article_of_one_customer_is_nobody_elses_business() -> None:
    private = [[basket(FIRST + day, "ring for Mona") for day in range(40)]]
    few = [[basket(FIRST, "dates")]] * FEWEST_CUSTOMERS
    found = learn(lambda: [*private, *few])
    assert found
    assert found.articles.keys() == {"dates"}


def test_a_name_that_only_one_customer_heard_is_not_kept() -> None:
    def said(name: str) -> list[Basket]:
        return [Basket(FIRST, (Line("mug", None, 1, 5_00, name),))]

    kept = learn(lambda: [said("Mug"), said("Mug"), said("Mug: Sara, happy birthday")])
    assert kept
    assert kept.articles["mug"].name == "Mug"


def test_of_more_articles_than_there_is_room_for_the_rarest_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counting, "MOST_ARTICLES", 3)
    found = learn(habits)
    assert found
    counted = Counter(line.sku for baskets in habits() for one in baskets for line in one.lines)
    assert found.articles.keys() == {sku for sku, _ in counted.most_common(3)}


def test_a_basket_after_the_last_day_is_not_counted() -> None:
    pairs = Pairs(["beans", "filters"], [], FIRST + 1)
    pairs.add([basket(FIRST, "beans", "filters"), basket(FIRST + 1, "beans"), basket(FIRST + 2, "filters")])
    assert pairs.summary().baskets == 2
    assert [one.baskets for one in pairs.articles()] == [2, 1]


def test_without_any_line_there_is_nothing_to_learn() -> None:
    assert learn(lambda: [[]]) is None
    assert compare(lambda: [[]], LAST) is None


def test_where_nobody_has_habits_the_list_is_that_of_what_is_popular() -> None:
    popular = Candidate("dates", None, 0.0, None, 0.5, 0.5)
    cases = []
    for number in range(40):
        days = [FIRST + number % 7]
        found = found_once(f"odd {number}", days)
        cases.append(Case([found, popular], frozenset({"dates"})))
    blend = choose(cases)
    assert [one.sku for one in ranked(cases[0].candidates, blend, 1)] == ["dates"]


def found_once(sku: str, days: list[int]) -> Candidate:
    own = {sku: days}
    return next(one for one in candidates(own, {}, {}, EMPTY, LAST) if one.sku == sku)


EMPTY = Pairs([], [], LAST).summary()


def test_offers_are_right_more_often_than_what_is_popular_and_know_nothing_of_the_future() -> None:
    cut = LAST - 80
    found = compare(habits, cut)
    assert found
    rate = {name: score.hits_5 / score.baskets for name, score in found.whole.items()}
    assert rate[OURS] > rate[POPULAR]
    assert rate[OURS] >= max(rate[OWN], rate[TOGETHER]) - 0.05
    assert found.new[OURS].hits_5 > found.new[POPULAR].hits_5

    def forgetful() -> list[list[Basket]]:
        """The same past, and another future."""
        return [
            [one if one.day < cut else one._replace(lines=basket(one.day, "pot").lines) for one in baskets]
            for baskets in habits()
        ]

    other = compare(forgetful, cut)
    assert other
    assert other.blend == found.blend
    assert other.whole[OURS].hits_5 < found.whole[OURS].hits_5


def test_a_date_of_another_century_does_not_keep_the_job_from_learning() -> None:
    typo, today = at("1924-03-01").toordinal(), at("2024-03-01").toordinal()
    found = learn(lambda: [[Basket(typo, (BEANS,)), Basket(today, (BEANS,))]] * FEWEST_CUSTOMERS)
    assert found
    assert found.articles["beans"].baskets == 2 * FEWEST_CUSTOMERS
