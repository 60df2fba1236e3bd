"""Why a state cannot go on from where it is. The answer is always the same: `rebuild` from the whole ledger.

Late              a fact belongs before the last one that was folded
├── Forgotten     a return reaches back to what the state may have forgotten
├── Older         the state was written by a version that did not keep all of it
├── OtherProgram  the state was folded with other rules
└── Regrouped     the facts that count are of other customers than before
"""


class Late(Exception):
    """A fact belongs before the last one that the state was folded from.

    The points of a purchase depend on the tier held at its moment, so that facts are folded in business-time
    order. This is the fence that rule 6 of the rules of effect asks for.
    """


class Forgotten(Late):
    """A return is of a purchase, or empties a day, behind which the state has forgotten something."""


class Older(Late):
    """The state was written by an older version of Wafa and lacks a field, whose name is the message."""


class OtherProgram(Late):
    """The state was folded with another version of the program than is in force."""

    def __init__(self, theirs: str, ours: str) -> None:
        """Name the version of the state and that of the program."""
        super().__init__(f"state of program {theirs or '(none)'}, program in force is {ours}")


class Regrouped(Late):
    """Customers were merged or freed: the facts that count are others than the state was folded from."""
