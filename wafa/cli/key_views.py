"""Keys as people see them in a terminal."""

from typing import Any

from rich.table import Table
from rich.text import Text

_STYLES = {"active": "green", "expired": "yellow", "revoked": "red"}


def facts(key: dict[str, Any]) -> Table:
    """Return all that is known of a key."""
    table = Table(show_header=False, box=None)
    for name, value in key.items():
        words = name.replace("_", " ")
        if name in ("sources", "types"):
            table.add_row(words, ", ".join(value) or "any")
        elif name == "state":
            table.add_row(words, _state(value))
        else:
            table.add_row(words, ", ".join(value) if isinstance(value, list) else str(value))
    if "expires_at" not in key:
        table.add_row("expires at", "never")
    return table


def table_of(found: list[dict[str, Any]]) -> Table:
    """Return keys, one a row."""
    table = Table()
    table.add_column("prefix", no_wrap=True)
    table.add_column("name", overflow="fold")
    table.add_column("scopes", overflow="fold")
    table.add_column("last used", no_wrap=True)
    table.add_column("state", overflow="fold")
    for key in found:
        scopes = key["scopes"]
        few = ", ".join(scopes[:3]) + (f" and {len(scopes) - 3} more" if len(scopes) > 3 else "")
        table.add_row(key["prefix"], key["name"], few, key.get("last_used_on", "never"), _ending(key))
    return table


def meanings(known: dict[str, Any]) -> Table:
    """Return what keys may be allowed to do, and the roles: sets of that with a name."""
    table = Table("scope", "to", box=None)
    for name, meaning in known["scopes"].items():
        table.add_row(name, meaning)
    table.add_row("", "")
    for name, members in known["roles"].items():
        everything = len(members) == len(known["scopes"])
        table.add_row(f"role {name}", "everything" if everything else ", ".join(members))
    return table


def _ending(key: dict[str, Any]) -> Text:
    state = _state(key["state"])
    if key["state"] == "revoked":
        state.append(f" {key['revoked_at'][:10]}")
    elif expires := key.get("expires_at"):
        state.append(f" {expires[:10]}" if key["state"] == "expired" else f" until {expires[:10]}")
    return state


def _state(state: str) -> Text:
    return Text(state, style=_STYLES.get(state, ""))
