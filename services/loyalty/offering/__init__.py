"""What to offer whom: learnt by a job from the ledger, kept by version, read for one customer at a time."""
