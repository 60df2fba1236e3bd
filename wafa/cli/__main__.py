"""`python -m wafa.cli`, for where the `wafa` script is not on the path."""

from wafa.cli import main

main()
