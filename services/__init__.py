"""The services of Wafa. None imports another; all stand on `wafa`."""
