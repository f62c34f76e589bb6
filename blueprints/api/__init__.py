"""What the authorities' own systems ask, and what they are told."""
