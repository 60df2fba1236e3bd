"""`wafa keys`: who may come in at the front door, with what, and for how long."""

import getpass
import socket
from typing import Any

import click

from wafa.cli.key_arguments import Duration, Prefix
from wafa.cli.key_views import facts, meanings, table_of
from wafa.cli.output import as_json, notes, paper, print_json
from wafa.cli.system import call

prefix_argument = click.argument("prefix", type=Prefix())


@click.group()
def keys() -> None:
    """Make, list, replace and revoke the keys of the front door.

    A key is sent as `Authorization: Bearer wafa_...`. Its secret is shown once, when it is made. Every one of
    these commands leaves a row in the audit log.

    \b
    Examples:
      wafa keys create "Web shop" --role publisher --source '/shop/*' --expires 90d
      wafa keys create "Counter 3" --role counter
      wafa keys list
      wafa keys rotate PREFIX --overlap 24h
      wafa keys revoke PREFIX
    """


@keys.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, help="What it may do; may be given again.")
@click.option("--role", "roles", multiple=True, help="A set of scopes; may be given again.")
@click.option("--source", "sources", multiple=True, help="What its events may come from: '/shop/*'.")
@click.option("--type", "types", multiple=True, help="Which events it may publish: 'purchase.*'.")
@click.option(
    "--per-minute", type=click.IntRange(1, 1_000_000), help="Requests in a minute.  [default: 6000]"
)
@click.option("--expires", type=Duration(), help="After that it counts no more: 90d, 24h.  [default: never]")
@as_json
def create(
    name: str,
    scopes: tuple[str, ...],
    roles: tuple[str, ...],
    sources: tuple[str, ...],
    types: tuple[str, ...],
    per_minute: int | None,
    expires: float | None,
    as_json: bool,
) -> None:
    """Make a key for NAME, and print it: nobody can look it up again.

    `wafa keys scopes` lists scopes and roles.

    \b
    Examples:
      wafa keys create "Web shop" --role publisher --source '/shop/*' --type 'purchase.*'
      wafa keys create Reports --scope members:read --scope outreach:read --expires 90d
      export WAFA_KEY=$(wafa keys create Till --role counter --json | jq -r .token)
    """
    if not scopes and not roles:
        raise click.UsageError("say what it may do: --scope or --role; `wafa keys scopes` lists them")
    limits = {"per_minute": per_minute, "days": expires}
    made = _ask(
        "key_create",
        name,
        [*scopes, *roles],
        sources=[*sources],
        types=[*types],
        by=_by(),
        **{field: value for field, value in limits.items() if value is not None},
    )
    _hand_over(made, as_json)


@keys.command(name="list")
@as_json
def list_(as_json: bool) -> None:
    """List all keys, the newest first; those that count no more, too."""
    found = _ask("key_list")["keys"]
    if as_json:
        print_json(found)
    elif found:
        paper().print(table_of(found))
    else:
        paper().print("there is no key yet: `wafa keys create NAME --role ROLE` makes one")


@keys.command()
@prefix_argument
@as_json
def show(prefix: str, as_json: bool) -> None:
    """Show what a key may do. Exit code 1: there is none."""
    found = _ask("key_show", prefix)
    if as_json:
        print_json(found)
    else:
        paper().print(facts(found))


@keys.command()
@prefix_argument
@as_json
def revoke(prefix: str, as_json: bool) -> None:
    """Let a key count no more: it is refused within 10 seconds. This cannot be undone.

    A whole token that was found somewhere will do: its secret is not passed on. Exit code 1: there is none.

    \b
    Examples:
      wafa keys revoke k3x9v2q7
    """
    found = _ask("key_revoke", prefix, by=_by())
    if as_json:
        print_json(found)
    else:
        paper().print(f"{prefix} ({found['name']}) is revoked; within 10 seconds it is refused everywhere")


@keys.command()
@prefix_argument
@click.option(
    "--overlap",
    type=Duration(),
    default="24h",
    show_default=True,
    help="For so long the old one still counts: 24h, 30m, 0m.",
)
@as_json
def rotate(prefix: str, overlap: float, as_json: bool) -> None:
    """Make a key with the same rights, and let the old one expire after the overlap.

    Exit code 1: there is none, or it counts no more.

    \b
    Examples:
      wafa keys rotate k3x9v2q7 --overlap 24h
    """
    made = _ask("key_rotate", prefix, overlap_hours=overlap * 24, by=_by())
    _hand_over(made, as_json)
    if not as_json:
        notes().print(f"{prefix} counts until {made['replaces']['expires_at']}")


@keys.command()
@as_json
def scopes(as_json: bool) -> None:
    """List what a key may be allowed to do, and the roles: sets of that with a name."""
    known = _ask("key_scopes")
    if as_json:
        print_json(known)
    else:
        paper().print(meanings(known))


def _ask(method: str, *args: Any, **kwargs: Any) -> Any:
    answer = call("gateway", method, *args, **kwargs)
    if problem := answer.get("error"):
        raise click.ClickException(problem["message"])
    return answer


def _by() -> str:
    """Return who we are, for the audit log."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # in a container, whose user has no name
        name = "somebody"
    return f"{name} on {socket.gethostname()}"


def _hand_over(made: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(made)
        return
    # The token alone on standard output, so that it can be piped.
    click.echo(made["token"])
    console = notes()
    console.print(facts({name: value for name, value in made.items() if name not in ("token", "replaces")}))
    console.print("Keep the key now: it is not shown again. Send it as Authorization: Bearer wafa_...")
