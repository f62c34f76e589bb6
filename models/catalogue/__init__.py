"""Authorities, procedures and their forms, and the files that they come from."""
