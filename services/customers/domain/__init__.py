"""The business of knowing who somebody is, without a database, a broker or a clock."""
