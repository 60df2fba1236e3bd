"""What an interaction and a case are. Standard library only."""
