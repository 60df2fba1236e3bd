"""`wafa recommendations`: what to offer whom, learning it, and measuring it against what is most popular."""

import csv
import importlib
import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click

from wafa.cli.faults import CommandFault
from wafa.cli.output import as_json, literal, paper, print_json
from wafa.cli.recommendations_views import show_alternatives, show_comparison, show_offers
from wafa.cli.system import call, client
from wafa.cli.who import Who, named
from wafa.stack import running

#: After these shares of a file's time the methods are measured; each knows only what came before.
SHARES = (0.6, 0.75, 0.9)
#: The job belongs to loyalty and runs in a process of its own, as `wafa run loyalty` does.
_JOB = "services.loyalty.offering.job"


@click.group()
def recommendations() -> None:
    """Say what to offer whom, and what instead; learn it; measure it.

    \b
    Examples:
      wafa recommendations learn
      wafa recommendations show --external pos 17
      wafa recommendations alternatives coffee-250
      wafa recommendations evaluate purchases.csv
    """


@recommendations.command()
@named
@click.option("--limit", default=5, show_default=True, type=click.IntRange(1, 20), help="Of each kind.")
@as_json
def show(who: Who, limit: int, as_json: bool) -> None:
    """Show what to offer a customer, and why. Exit code 1: no purchases are known.

    \b
    Examples:
      wafa recommendations show --email layla@example.com
      wafa recommendations show 5f0c... --json
    """
    with client() as services:
        customer_id = who.id(services)
        found = services.call("loyalty", "recommendations", customer_id, limit=limit)
    if as_json:
        print_json(found)
    elif found:
        show_offers(found, paper())
    if found is None:
        click.echo(f"{literal(customer_id)}: no purchases are known", err=True)
        sys.exit(1)


@recommendations.command()
@click.argument("sku")
@click.option("--limit", default=5, show_default=True, type=click.IntRange(1, 20))
@as_json
def alternatives(sku: str, limit: int, as_json: bool) -> None:
    """Show what to offer instead of an article. Exit code 1: too little is known of it.

    \b
    Example:
      wafa recommendations alternatives coffee-250
    """
    found = call("loyalty", "alternatives", sku, limit=limit)
    if as_json:
        print_json(found)
    elif found:
        show_alternatives(found, paper())
    if found is None:
        click.echo(f"{literal(sku)}: too little is known of this article", err=True)
        sys.exit(1)


@recommendations.command()
@as_json
def learn(as_json: bool) -> None:
    """Learn from the ledger what goes with what, and put it in force. Exit code 1: no purchase has lines.

    It reads and writes the database of loyalty, so it runs where that can be reached: MONGODB_URI, or the
    system that runs here. Do it once a day; services need no restart.

    \b
    Example:
      docker compose exec loyalty wafa recommendations learn
    """
    given = os.environ.get("MONGODB_URI") or os.environ.get("MONGODB_URI_FILE")
    stack = None if given else running()
    found = importlib.import_module(_JOB).learn(stack.mongodb_uri if stack else None)
    if as_json:
        print_json(found)
    elif found:
        paper().print(
            f"learnt from {found['baskets']:,} baskets of {found['customers']:,} customers until "
            f"{found['until']}: {found['articles']:,} articles, {found['categories']:,} categories"
        )
    if found is None:
        click.echo("no purchase has lines: there is nothing to learn yet", err=True)
        sys.exit(1)


@recommendations.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def evaluate(file: Path, as_json: bool) -> None:
    """Measure on past purchases: how often the next basket holds what would have been offered.

    FILE is CSV with the columns customer, date (YYYY-MM-DD), and sku or category or both; others are ignored.
    Three times it is cut in two, and what is learnt before the cut is held against each customer's first
    basket within 91 days after it.

    \b
    Example:
      wafa recommendations evaluate purchases.csv --json
    """
    found = importlib.import_module(_JOB).measure(read_rows(file), SHARES)
    if not found:
        raise CommandFault(f"{file}: nobody in it comes back after one of the cuts")
    if as_json:
        print_json(found)
    else:
        for one in found:
            show_comparison(one, paper())


def read_rows(path: Path) -> list[tuple[str, int, str, str | None]]:
    """Read customer, day, article and category of each line.

    Raises:
        CommandFault: the file cannot be read, a column is missing, a value is wrong, or there is no purchase.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            names = set(rows.fieldnames or ())
            if not {"customer", "date"} <= names or not {"sku", "category"} & names:
                raise CommandFault(f"{path}: the first line must name customer, date, and sku or category")
            found = [*_rows(path, rows)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandFault(f"{path}: {error}") from error
    if not found:
        raise CommandFault(f"{path}: there is no purchase in it")
    return found


def _rows(path: Path, rows: Any) -> Iterator[tuple[str, int, str, str | None]]:
    for row in rows:
        number, customer, category = rows.line_num, row["customer"], row.get("category") or None
        sku = row.get("sku") or category
        try:
            day = date.fromisoformat(row["date"] or "").toordinal()
        except ValueError as error:
            told = repr(row["date"] or "")
            raise CommandFault(f"{path}, line {number}, date: {told}, expected YYYY-MM-DD") from error
        if not customer or not sku:
            raise CommandFault(f"{path}, line {number}: a customer and an article are needed")
        yield customer, day, sku, category
