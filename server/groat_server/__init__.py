"""The groat server: everything that thinks, remembers or listens."""
