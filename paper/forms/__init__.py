"""Forms of an authority: accepted into the catalogue once, stamped for every citizen."""
