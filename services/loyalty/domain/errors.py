"""Why a state cannot go on from where it is. The answer is always the same: `rebuild` from the whole ledger.

Late              a fact belongs before the last one that was folded
├── Forgotten     a return reaches back to a purchase that the state may have forgotten
├── OtherProgram  the state was folded with other rules
└── Regrouped     the facts that count are of other customers than before
"""


class Late(Exception):
    """A fact belongs before the last one that the state was folded from.

    The points of a purchase depend on the tier held at its moment, so that facts are folded in business-time
    order. This is the fence that rule 6 of the rules of effect asks for.
    """


class Forgotten(Late):
    """A return is of a purchase that the state does not know, and there are purchases it has forgotten."""


class OtherProgram(Late):
    """The state was folded with another version of the program than is in force."""

    def __init__(self, theirs: str, ours: str) -> None:
        """Name the version of the state and that of the program."""
        super().__init__(f"state of program {theirs or '(none)'}, program in force is {ours}")


class Regrouped(Late):
    """Customers were merged or freed: the facts that count are others than the state was folded from."""
