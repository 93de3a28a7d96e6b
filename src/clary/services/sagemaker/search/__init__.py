"""Search over the records of every kind that ``_resources`` lists."""
