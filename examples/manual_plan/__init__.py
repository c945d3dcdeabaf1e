"""A search that would cost 1,000 dollars, with 100 to spend: groat says so, and helps by hand."""
