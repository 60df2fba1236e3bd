"""What to offer a member: what runs out, what goes with what they have, what is new to them. Pure."""
