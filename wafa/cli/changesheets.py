"""Customers and changes of who they are, as tables for people."""

from typing import Any

from rich.console import Console
from rich.table import Table

#: Of several addresses and numbers, the one that is written to.
PREFERRED = {"email": "preferred e-mail", "phone": "preferred phone"}


def show_dry_run(answer: dict[str, Any], console: Console) -> None:
    """Print what a change would move, here and in the other services."""
    kept = {
        "merge": "The other services keep of {from}:",
        "unmerge": "The other services keep of both together, of which {from} gets back their own:",
        "erase": "The other services keep of them (of purchases, amounts, goods and times stay):",
    }
    show_plan(answer, console)
    console.print(kept[answer["kind"]].format_map(answer))
    table = _sheet()
    for name, value in answer["elsewhere"].items():
        table.add_row(name.replace("_", " "), _plain(value))
    console.print(table)
    console.print("Nothing was changed.")


def show_plan(answer: dict[str, Any], console: Console) -> None:
    """Print what a change would move of who somebody is."""
    titles = {
        "merge": "{from} would be another name of {into}; this would come to them:",
        "unmerge": "{from} would be separate from {into} again; this would leave {customer_id}:",
        "erase": "{customer_id} would be erased; this would be gone:",
    }
    console.print(titles[answer["kind"]].format_map(answer))
    table = _sheet()
    if answer["kind"] == "erase" and (aliases := _aliases(answer)):
        table.add_row("also known as", "\n".join(aliases))
    for what, told in _moves(answer["moves"]):
        table.add_row(what, told)
    console.print(table)


def _aliases(answer: dict[str, Any]) -> list[str]:
    return [id for id in answer["customer_ids"] if id != answer["customer_id"]]


def _moves(moves: dict[str, Any]) -> list[tuple[str, str]]:
    changed = [(PREFERRED.get(name, name), one) for name, one in moves["profile"].items()]
    changed += [(f"consent: {one['purpose']} by {one['channel']}", one) for one in moves["consents"]]
    return _identifiers(moves) + [
        (name, f"{one['before'] or 'nothing'} -> {one['after'] or 'nothing'}") for name, one in changed
    ]


def _identifiers(known: dict[str, Any]) -> list[tuple[str, str]]:
    external_ids = [f"{one['id']} in {one['system']}" for one in known["external_ids"]]
    kinds = {"e-mail": known["emails"], "phone": known["phones"], "external id": external_ids}
    return [(kind, "\n".join(found)) for kind, found in kinds.items() if found]


def facts(customer: dict[str, Any], aliases: list[str]) -> Table:
    """Return a snapshot and the other ids of the person as a table."""
    table = _sheet()
    table.add_row("customer", customer["customer_id"])
    if aliases:
        table.add_row("also known as", "\n".join(aliases))
    for name in ("name", "locale", "timezone", "country", "account"):
        if name in customer:
            table.add_row(name, customer[name])
    for kind, found in _identifiers(customer):
        table.add_row(kind, found)
    for one in customer["consents"]:
        table.add_row(f"{one['purpose']} by {one['channel']}", f"{one['status']} on {one['at']}")
    return table


def journal(found: list[dict[str, Any]]) -> Table:
    """Return changes with their receipts as a table."""
    # Two columns, so that the ids stay whole in a window of 80.
    table = Table(show_lines=True)
    table.add_column("what, requested", no_wrap=True)
    table.add_column("whom, and who has applied it", overflow="fold")
    for one in found:
        told = [f"change {one['change_id']}"]
        told += [f"{name} {one[name]}" for name in ("from", "into") if name in one]
        told += [] if "from" in one else [f"customer {id}" for id in one["customer_ids"]]
        told += [f"{service} {at}" for service, at in one["confirmed"].items()]
        told += [f"{service}: not yet" for service in one["waiting_for"]]
        table.add_row(f"{one['kind']}\n{one['requested_at']}", "\n".join(told))
    return table


def _sheet() -> Table:
    table = Table(show_header=False, box=None)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['amount']} {value['currency']}"
    return f"{value:,}" if isinstance(value, int) else str(value)
