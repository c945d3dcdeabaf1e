"""What groat remembers: rows in SQLite or PostgreSQL, values outside."""
