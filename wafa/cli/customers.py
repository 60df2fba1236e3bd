"""`wafa customers`: who is who. Merge, un-merge, erase; look, and hand out all that is known."""

from typing import Any

import click

from wafa.cli import customers_views
from wafa.cli.changesheets import show_plan
from wafa.cli.output import as_json, literal, notes
from wafa.cli.receipts import tell
from wafa.cli.system import client
from wafa.cli.who import Who, known, looked_up, named, pair
from wafa.runtime.client import Client

#: Reason of a refusal -> what to do next.
REMEDIES = {
    "conflicting_identifier": "`--force` merges them all the same: they have all these ids then, and"
    " what comes with any of them counts for one customer",
    "already_merged": "`wafa customers unmerge {0}` does that",
}

dry_run = click.option("--dry-run", is_flag=True, help="Say what would move; change nothing.")
no_wait = click.option("--no-wait", is_flag=True, help="Do not wait until all services have applied it.")


@click.group()
def customers() -> None:
    """Merge, un-merge and erase customers; show and export what is known of them.

    A merge is another name for the same person, and can be undone. An erasure cannot. Each command waits
    until interactions, loyalty and notifications have confirmed that they applied it.

    \b
    Examples:
      wafa customers merge FROM INTO --dry-run
      wafa customers merge --from-email web@example.com --into-external pos 17
      wafa customers unmerge FROM
      wafa customers export --email layla@example.com --out person.json
      wafa customers erase ID
    """


for _view in customers_views.COMMANDS:
    customers.add_command(_view)


@customers.command()
@click.argument("ids", metavar="[FROM] [INTO]", nargs=-1)
@looked_up("from")
@looked_up("into")
@click.option("--force", is_flag=True, help="Also when both have ids of their own in one system.")
@dry_run
@no_wait
@as_json
def merge(
    ids: tuple[str, ...],
    from_who: Who,
    into_who: Who,
    force: bool,
    dry_run: bool,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Make FROM another name of INTO, because they are one person. Each is an id, or found by an option.

    What FROM brings is kept apart, so that `wafa customers unmerge FROM` gives it back. Exit code 1: it was
    refused, or somebody has not confirmed in time.

    \b
    Examples:
      wafa customers merge 7d444840-9dc0-41d1-b245-5ffdce74fad2 0a4de8d2-4f55-4c50-8f21-7e0f5b6d1103 --dry-run
      wafa customers merge --from-email web@example.com --into-external pos 17
    """
    both = pair(ids, from_who, into_who)
    if both is None:
        raise click.UsageError(
            "say who FROM is, and who INTO is, each in one way: an id, or --from-email, --from-phone,"
            " --from-external SYSTEM ID, and the same with --into-"
        )
    with client() as services:
        from_id, into_id = (one.id(services) for one in both)
        answer = _ask(services, "merge", from_id, into_id, dry_run=dry_run, force=force)
        tell(services, answer, from_id, no_wait, as_json)


@customers.command()
@named
@dry_run
@no_wait
@as_json
def unmerge(who: Who, dry_run: bool, no_wait: bool, as_json: bool) -> None:
    """Undo the merge of ID: they are a customer of their own again, with all that was their own.

    Whoever is found by e-mail, phone or the id in another system is a whole person: the merge of their only
    other id is undone; of several, one has to be named. What was said since the merge stays with the customer
    who remained. Exit code 1: as in `merge`.

    \b
    Examples:
      wafa customers unmerge 7d444840-9dc0-41d1-b245-5ffdce74fad2
      wafa customers unmerge --email web@example.com --dry-run
    """
    with client() as services:
        from_id = who.customer_id or _alias(services, who)
        answer = _ask(services, "unmerge", from_id, dry_run=dry_run)
        tell(services, answer, from_id, no_wait, as_json)


@customers.command()
@named
@click.option("--yes", is_flag=True, help="Do not ask whether I am sure.")
@dry_run
@no_wait
@as_json
def erase(who: Who, yes: bool, dry_run: bool, no_wait: bool, as_json: bool) -> None:
    """Erase the person whom ID means, with all their other ids. This cannot be undone.

    Says who that is, and asks whether you are sure.
    What comes late about them is refused. Somebody who comes back later is a new customer. Exit code 1: as in
    `merge`.

    \b
    Examples:
      wafa customers erase ID --dry-run
      wafa customers export ID --out person.json && wafa customers erase ID
    """
    with client() as services:
        customer_id = who.id(services)
        if not (yes or dry_run):
            _make_sure(_ask(services, "erase", customer_id, dry_run=True))
        answer = _ask(services, "erase", customer_id, dry_run=dry_run)
        tell(services, answer, customer_id, no_wait, as_json)


def _ask(services: Client, command: str, *args: str, **kwargs: bool) -> dict[str, Any]:
    answer: dict[str, Any] = services.call("customers", command, *args, **kwargs)
    if error := answer.get("error"):
        sentences = [f"{error['reason']}: {error['message']}"]
        if error["reason"] in REMEDIES:
            sentences.append(REMEDIES[error["reason"]].format(*args))
        raise click.ClickException(literal(". ".join(sentences)))
    return answer


def _alias(services: Client, who: Who) -> str:
    """Return the other id of a person, whose merge is to be undone."""
    root = who.id(services)
    _, *aliases = known(services.call("customers", "dossier", root), who)["records"]
    if len(aliases) == 1:
        return str(aliases[0]["customer_id"])
    if not aliases:
        raise click.ClickException(f"not_merged: nobody was merged into {root}")
    lines = [f"{one['customer_id']}  {', '.join(one['identifiers'])}" for one in aliases]
    raise click.ClickException(
        literal("\n".join([f"several ids were merged into {root}; say which:", *lines]))
    )


def _make_sure(planned: dict[str, Any]) -> None:
    """Show whom an erasure is about and ask; what has happened already is not asked about."""
    if planned.get("dry_run"):
        show_plan(planned, notes())
        click.confirm(
            f"Erase everything about {planned['customer_id']}? This cannot be undone.", abort=True, err=True
        )
