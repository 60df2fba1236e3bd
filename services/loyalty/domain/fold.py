"""From facts to state: the one way in which a member's figures come about.

The result is a function of the set of facts and the program alone. Facts take effect in business-time order,
whatever the order they arrive in: those that come after all that was folded are folded on top (`fold`), any
other makes the caller fold the customer's whole ledger anew (`rebuild`). Both come to the same state.
"""

from collections.abc import Iterable
from datetime import datetime

from services.loyalty.domain.account import Account
from services.loyalty.domain.days import day_of
from services.loyalty.domain.facts import Fact, moment
from services.loyalty.domain.program import Program
from services.loyalty.domain.state import State, start


def fold(program: Program, state: State, facts: Iterable[Fact]) -> State:
    """Return the state after more facts, given in any order, all of which come after the last one it knows.

    Raises:
        Late: the state cannot take them in (see `errors`); `rebuild` can.
    """
    account = Account(program, state)
    for fact in sorted(facts, key=moment):
        account.take(fact)
    return account.state()


def rebuild(program: Program, facts: Iterable[Fact]) -> State:
    """Return the state that all facts of a customer have made. A fact may be given more than once."""
    return fold(program, start(program), {fact.key: fact for fact in facts}.values())


def advance(program: Program, state: State, now: datetime) -> State:
    """Return the state as of `now` if nothing more happens; the same one when it is of that day or later.

    It takes no facts of days before `now`: keep the state that it was made from.
    """
    account = Account(program, state)
    account.pass_to(day_of(now))
    return account.state()
