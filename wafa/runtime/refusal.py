"""What a handler says of an event that it cannot accept."""

from dataclasses import dataclass

from wafa.contracts.envelope import Event
from wafa.contracts.errors import Problem


@dataclass(frozen=True, slots=True)
class Refusal:
    """One event of a batch that goes to quarantine; the others of its batch are not affected."""

    event: Event
    problem: Problem
