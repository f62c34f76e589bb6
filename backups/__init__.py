"""Copies of the database: made, encrypted, checked, restored, and moved from SQLite to PostgreSQL."""
