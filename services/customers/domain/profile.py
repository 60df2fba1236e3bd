"""What is known about a person, and since when: every field keeps the last word, whenever it arrived.

The last word is the one with the latest time; among equals the larger cause (the id of the event), then the
larger value. So a profile is the maximum of everything ever said: neither order nor repeats can change it.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar

from services.customers.domain.references import Keys


class Said(NamedTuple):
    """One field's value, when it was said (UTC), and the id of the event that says so."""

    at: datetime
    cause: str
    value: str


class Consent(NamedTuple):
    """A customer's word on one way of contact for one purpose: `granted` or `withdrawn`."""

    at: datetime
    cause: str
    status: str
    evidence: str = ""


#: Way of contact and purpose: (`email`, `marketing`).
About = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Statement:
    """What one event says about one customer: who is meant, fields of the profile, consents.

    Fields are `name`, `locale`, `timezone`, `country`, `account`, `tags` (with blanks between), and the
    preferred `email` and `phone`. `at` is when it was said (UTC); `None` stands for now. `correlation` and
    `traceparent` are what is told of it goes by; they say nothing of the customer.
    """

    keys: Keys
    fields: Mapping[str, Said] = field(default_factory=dict)
    consents: Mapping[About, Consent] = field(default_factory=dict)
    at: datetime | None = None
    correlation: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """The last word on every field and every consent."""

    fields: Mapping[str, Said] = field(default_factory=dict)
    consents: Mapping[About, Consent] = field(default_factory=dict)

    def after(self, statements: Iterable[Statement]) -> "Profile":
        """Return the profile after some more statements, in whatever order they come."""
        told = list(statements)
        return Profile(
            _last_words(self.fields, [statement.fields for statement in told]),
            _last_words(self.consents, [statement.consents for statement in told]),
        )

    def joined(self, others: Iterable["Profile"]) -> "Profile":
        """Return what these profiles say together: of each field and each consent the last word of all."""
        all_ = list(others)
        return Profile(
            _last_words(self.fields, [one.fields for one in all_]),
            _last_words(self.consents, [one.consents for one in all_]),
        )

    def says(self, statement: Statement) -> bool:
        """Tell whether a statement only repeats values that are known."""
        fields = self.fields
        return not statement.consents and all(
            name in fields and fields[name].value == said.value for name, said in statement.fields.items()
        )

    def looks_like(self, other: "Profile") -> bool:
        """Tell whether both say the same, no matter when or by which event each field was last confirmed."""
        return self.consents == other.consents and _values(self.fields) == _values(other.fields)


_Name = TypeVar("_Name", bound=Hashable)
_Word = TypeVar("_Word", Said, Consent)


def _last_words(known: Mapping[_Name, _Word], told: Iterable[Mapping[_Name, _Word]]) -> dict[_Name, _Word]:
    last = dict(known)
    for words in told:
        for name, word in words.items():
            if name not in last or last[name] < word:
                last[name] = word
    return last


def _values(fields: Mapping[str, Said]) -> dict[str, str]:
    return {name: said.value for name, said in fields.items()}
