"""What came of campaigns: purchases that followed, in figures and in sentences."""
