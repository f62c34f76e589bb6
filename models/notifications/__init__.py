"""Who is told, by which channel, and what became of each notification."""
