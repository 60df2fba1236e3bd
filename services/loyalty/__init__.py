"""Loyalty: the ledger of purchases, returns and redemptions, and the members that it makes."""
