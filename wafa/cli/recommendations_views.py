"""What to offer, and how well it was foretold, as tables."""

from typing import Any

from rich.console import Console
from rich.table import Table


def show_offers(found: dict[str, Any], console: Console) -> None:
    """Print what to offer, for people."""
    if found["learnt_at"] is None:
        console.print("nothing has been learnt yet: `wafa recommendations learn`")
        return
    chosen = found["next_category"]
    lists = {"again": found["again"], "new": found["new"], "next category": [chosen] if chosen else []}
    table = Table(box=None)
    for heading in ("", "article", "why"):
        table.add_column(heading, overflow="fold")
    for title, offers in lists.items():
        for place, one in enumerate(offers):
            table.add_row("" if place else title, one.get("name", one["sku"]), one["say"]["en"])
    console.print(table)


def show_alternatives(found: dict[str, Any], console: Console) -> None:
    """Print what to offer instead, for people."""
    table = Table(box=None)
    for heading in ("article", "category", "price", "difference", "bought with the same"):
        table.add_column(heading, overflow="fold")
    for one in found["alternatives"]:
        price = f"{one['price']['amount']} {one['price']['currency']}" if "price" in one else ""
        dearer = f"{one['dearer_percent']:+}%" if "dearer_percent" in one else ""
        similar = f"{one['similarity_percent']}%"
        table.add_row(one.get("name", one["sku"]), one.get("category", ""), price, dearer, similar)
    console.print(table if found["alternatives"] else "nothing like it is known")


def show_comparison(found: dict[str, Any], console: Console) -> None:
    """Print the scores at a cut, for people."""
    table = Table(
        box=None, title=f"from {found['cut']} on, {found['customers']:,} customers", title_justify="left"
    )
    table.add_column("")
    for heading in ("hit rate at 5", "hit rate at 10", "recall at 10"):
        table.add_column(heading, justify="right")
    for title, part in (("next basket", "next_basket"), ("what is new in it", "new_articles")):
        table.add_row(title)
        for name, rates in found[part].items():
            figures = (rates["hit_rate_5"], rates["hit_rate_10"], rates["recall_10"])
            table.add_row(f"  {name}", *[f"{figure:.1%}" for figure in figures])
    console.print(table)
