"""What is to be expected of a member: when they come again, how likely, and what they are worth.

Pure figures of a `Trail` and a model. They are no part of a member's state: a model can change, and no ledger
has to be folded anew for it.
"""
