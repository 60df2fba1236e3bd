"""What to offer a customer, each with its reason as a code with figures, to be put in words elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.loyalty.domain.offers.basket import Basket
from services.loyalty.domain.offers.ranking import Candidate, Own, ranked
from services.loyalty.domain.offers.table import Article, Blend, Category

#: Customers of a category who also buy another, below which that is no reason.
FEWEST_TOGETHER = 3


class Reason(StrEnum):
    """Why something is offered.

    REPLENISH   by the customer's own rhythm it is due: `times`, `every_days`, `since_days`
    RUNS_OUT    bought once; others buy it again after `every_days`, and `since_days` have passed
    USUAL       the customer buys it, and is not known to need it again yet: `times`, `since_days`
    TOGETHER    `percent` of the baskets with `anchor` had it, too: `together` of `baskets`
    CATEGORY    `percent` of those who buy of `anchor` also buy of `category`: `together` of `customers`
    POPULAR     it was in `percent` of all baskets lately
    """

    REPLENISH = "replenish"
    RUNS_OUT = "runs_out"
    USUAL = "usual"
    TOGETHER = "bought_together"
    CATEGORY = "next_category"
    POPULAR = "popular"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An article to offer. `figures` are whole; `anchor` is an article, or a category for CATEGORY."""

    sku: str
    reason: Reason
    figures: dict[str, int]
    anchor: str | None = None


def again(found: Sequence[Candidate], blend: Blend, limit: int) -> list[Suggestion]:
    """Return which of their own articles the customer is most likely to want, the likeliest first."""
    mine = [one for one in found if one.own]
    return [_rhythm(one.sku, one.own) for one in ranked(mine, blend, limit) if one.own]


def new(
    found: Iterable[Candidate], articles: Mapping[str, Article], blend: Blend, limit: int
) -> list[Suggestion]:
    """Return what the customer never bought and is most likely to want. `articles` has the own ones."""
    return [_ground(one, articles, blend) for one in ranked(found, blend, limit, discovery=True)]


def next_category(
    baskets: Sequence[Basket], categories: Mapping[str, Category], own: Mapping[str, Sequence[int]]
) -> tuple[str, Suggestion] | None:
    """Return the category that customers like this one also buy of, and its most popular article.

    `categories` has those that the customer bought of; and those that go with them, or these are no choice.
    """
    bought = {line.category for basket in baskets for line in basket.lines if line.category}
    points: dict[str, float] = {}
    best: dict[str, tuple[float, str, int]] = {}
    for name in sorted(bought & categories.keys()):
        for near in categories[name].neighbours:
            if near.name not in bought and near.name in categories and near.together >= FEWEST_TOGETHER:
                points[near.name] = points.get(near.name, 0.0) + near.score
                if near.score > best.get(near.name, (0.0, "", 0))[0]:
                    best[near.name] = (near.score, name, near.together)
    for name in sorted(points, key=lambda one: (-points[one], one)):
        _, anchor, together = best[name]
        sku = next((sku for sku in categories[name].articles if sku not in own), None)
        if sku:
            customers = categories[anchor].customers
            figures = {
                "percent": _percent(together / customers),
                "together": together,
                "customers": customers,
            }
            return name, Suggestion(sku, Reason.CATEGORY, figures, anchor)
    return None


def _rhythm(sku: str, own: Own) -> Suggestion:
    figures = {"times": own.times, "since_days": own.since}
    if own.every is None or not own.due:
        return Suggestion(sku, Reason.USUAL, figures)
    figures["every_days"] = max(1, round(own.every))
    return Suggestion(sku, Reason.REPLENISH if own.times > 1 else Reason.RUNS_OUT, figures)


def _ground(one: Candidate, articles: Mapping[str, Article], blend: Blend) -> Suggestion:
    """Name the ground that weighs more."""
    anchor = articles.get(one.anchor) if one.anchor else None
    near = next((near for near in anchor.neighbours if near.name == one.sku), None) if anchor else None
    if anchor and near and blend.discovery * one.together > (1 - blend.discovery) * one.popular(blend):
        percent = _percent(near.together / anchor.baskets)
        figures = {"percent": percent, "together": near.together, "baskets": anchor.baskets}
        return Suggestion(one.sku, Reason.TOGETHER, figures, anchor.sku)
    return Suggestion(one.sku, Reason.POPULAR, {"percent": _percent(one.lately)})


def _percent(share: float) -> int:
    return round(100 * share)
