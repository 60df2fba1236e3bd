"""Whom a command is about: told by an id, an e-mail address, a phone number or the id in another system."""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import click

from wafa.cli.faults import CommandFault
from wafa.cli.output import literal
from wafa.runtime.client import Client

Command = Callable[..., Any]
WAYS = "a customer id, --email, --phone or --external SYSTEM ID"


class Nobody(CommandFault):
    """There is no such customer; the message says by what they were looked for."""


@dataclass(frozen=True, slots=True)
class Who:
    """A customer as somebody named them."""

    customer_id: str | None = None
    email: str | None = None
    phone: str | None = None
    external: tuple[str, str] | None = None

    @property
    def ways(self) -> int:
        """In how many ways the customer was named."""
        return sum(given is not None for given in (self.customer_id, self.email, self.phone, self.external))

    def id(self, services: Client) -> str:
        """Return the customer's id: one that was given as it is, without asking whether it is known.

        Raises:
            Nobody: nobody is known by that.
            click.BadParameter: what was given cannot be an identifier.
        """
        return self.customer_id or str(self.find(services)["customer_id"])

    def find(self, services: Client) -> dict[str, Any]:
        """Return the customer's snapshot, `{"customer_id", "erased": true}` of one who was erased.

        Raises:
            Nobody: nobody is known by that.
            click.BadParameter: what was given cannot be an identifier.
        """
        found: dict[str, Any] | None
        if self.customer_id is not None:
            found = services.call("customers", "get", self.customer_id)
        else:
            system, id = self.external or (None, None)
            found = services.call(
                "customers", "lookup", email=self.email, phone=self.phone, system=system, id=id
            )
        if found is None:
            raise Nobody(self.unknown())
        if problem := found.get("error"):
            raise click.BadParameter(problem["message"], param_hint=f"--{problem['path'] or 'external'}")
        return found

    def unknown(self) -> str:
        """Return the sentence that nobody is known by that."""
        if self.customer_id is not None:
            hint = _other_way(self.customer_id)
            return literal(f"no customer has the id {self.customer_id}{hint}")
        if self.external:
            return literal("no customer has the id {1} in {0}".format(*self.external))
        kind, given = ("e-mail address", self.email) if self.email is not None else ("phone", self.phone)
        return literal(f"no customer has the {kind} {given}")


def known(found: dict[str, Any] | None, who: Who) -> dict[str, Any]:
    """Return what was found of a customer. Raises Nobody for nothing."""
    if found is None:
        raise Nobody(who.unknown())
    return found


def _other_way(customer_id: str) -> str:
    if "@" in customer_id:
        return f"; an e-mail address is told as --email {customer_id}"
    if customer_id.lstrip("+").replace(" ", "").isdecimal():
        return "; a phone number is told as --phone, the id in another system as --external SYSTEM ID"
    return ""


def named(command: Command) -> Command:
    """Let a command be told about whom, in exactly one way; it gets a `Who` as `who`."""

    @functools.wraps(command)
    def once(*args: Any, who: Who, **rest: Any) -> Any:
        if not who.ways:
            raise click.UsageError(f"say who: {WAYS}")
        return command(*args, who=who, **rest)

    return perhaps_named(once)


def perhaps_named(command: Command) -> Command:
    """Let a command be told about whom, in one way or not at all; it gets a `Who` as `who`."""

    @functools.wraps(command)
    def once(*args: Any, who: Who, customer_id: str | None, **rest: Any) -> Any:
        who = replace(who, customer_id=customer_id)
        if who.ways > 1:
            raise click.UsageError(f"say who in one way: {WAYS}")
        return command(*args, who=who, **rest)

    return click.argument("customer_id", metavar="[ID]", required=False)(looked_up()(once))


def looked_up(role: str = "") -> Callable[[Command], Command]:
    """Give a command the options that find a customer, with what they say as a `Who`: `who`, or `<role>_who`.

    With a role the options are `--<role>-email` and so on. None of them, or several: that is for the command
    to judge.
    """
    prefix, whom = (f"{role}-", role.upper()) if role else ("", "the customer")
    options = {
        "email": click.option(f"--{prefix}email", metavar="ADDRESS", help=f"Find {whom} by e-mail."),
        "phone": click.option(
            f"--{prefix}phone", metavar="NUMBER", help=f"Find {whom} by phone, with the country code."
        ),
        "external": click.option(
            f"--{prefix}external",
            nargs=2,
            metavar="SYSTEM ID",
            help=f"Find {whom} by an id in another system.",
        ),
    }

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def packed(*args: Any, **kwargs: Any) -> Any:
            given = {name: kwargs.pop(f"{role}_{name}".lstrip("_")) for name in options}
            return command(*args, **{f"{role}_who".lstrip("_"): Who(**given)}, **kwargs)

        decorated: Command = packed
        for option in reversed(options.values()):
            decorated = option(decorated)
        return decorated

    return decorate


def pair(ids: Iterable[str], first: Who, second: Who) -> tuple[Who, Who] | None:
    """Return two customers, of whom those who were not looked up are the ids in their order.

    `None` when that does not come out even: too few ids, too many, or a customer named twice.
    """
    left = [*ids]
    both = [one if one.ways or not left else replace(one, customer_id=left.pop(0)) for one in (first, second)]
    return None if left or any(one.ways != 1 for one in both) else (both[0], both[1])
