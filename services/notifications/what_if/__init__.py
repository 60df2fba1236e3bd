"""What would come of a campaign, or would have, with nobody written to."""
