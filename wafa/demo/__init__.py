"""The demo: real purchases through the whole system, and a reconciliation with the file they came from."""
