"""What can be wrong with an event, in a form that machines and people can both use.

Problem        a fact about one event: reason, field path, message
ContractError
└── Unreadable  a message body that is no CloudEvent at all (carries its Problem)
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one event was refused.

    `reason` is a stable machine-readable word (listed in `docs/events.md`), `path` the dotted path of the
    field (`data.customer.external_ids.0.id`; empty for the event as a whole), `message` what was expected.
    """

    reason: str
    path: str
    message: str


class ContractError(Exception):
    """Base of everything that the contract package raises."""


class Unreadable(ContractError):
    """A message body that holds no events: broken JSON, wrong encoding, an unknown content type."""

    def __init__(self, reason: str, message: str) -> None:
        self.problem = Problem(reason, "", message)
        super().__init__(message)
