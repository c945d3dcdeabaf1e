"""Generated from proto/groat/v1 by `make proto`; never edited."""
