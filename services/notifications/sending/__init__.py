"""What becomes of a row that is due: decided, handed over, written down, told."""
