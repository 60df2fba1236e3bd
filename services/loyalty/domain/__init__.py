"""What loyalty means, so that two people compute the same figure. Standard library only.

`program` holds the rules, `facts` what happened. `fold` makes a `State` of the facts; `view` reads a member's
figures off it as of any moment; `outcomes` says what follows when they have changed; `statement` tells the
same story entry by entry. `tiers` and `points` hold the two halves of the business, `account` joins them.
"""
