"""What was learnt of articles and categories, as plain dicts and back."""

from dataclasses import asdict
from typing import Any

from services.loyalty.domain.offers.table import Article, Blend, Category, Neighbour, Summary

Document = dict[str, Any]


def encode_article(article: Article) -> Document:
    """Return an article as a document."""
    return asdict(article) | {"neighbours": [list(near) for near in article.neighbours]}


def decode_article(document: Document) -> Article:
    """Return the article of a document; one that was read without its neighbours has none."""
    return Article(
        sku=document["sku"],
        category=document["category"],
        name=document["name"],
        price=document["price"],
        baskets=document["baskets"],
        share=document["share"],
        lately=document["lately"],
        every=document["every"],
        repeats=document["repeats"],
        neighbours=tuple(Neighbour(*near) for near in document.get("neighbours", ())),
    )


def encode_category(category: Category) -> Document:
    """Return a category as a document."""
    neighbours = [list(near) for near in category.neighbours]
    return asdict(category) | {"neighbours": neighbours, "articles": [*category.articles]}


def decode_category(document: Document) -> Category:
    """Return the category of a document."""
    neighbours = tuple(Neighbour(*near) for near in document["neighbours"])
    return Category(document["name"], document["customers"], neighbours, tuple(document["articles"]))


def encode_summary(summary: Summary) -> Document:
    """Return a summary as a document."""
    return asdict(summary) | {"popular": [*summary.popular]}


def decode_summary(document: Document) -> Summary:
    """Return the summary of a document."""
    return Summary(
        day=document["day"],
        baskets=document["baskets"],
        customers=document["customers"],
        size=document["size"],
        popular=tuple(document["popular"]),
        blend=Blend(**document["blend"]),
    )
