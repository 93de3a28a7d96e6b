"""Where hosts run: backends, the machine's capacity, and what image and instance names stand for."""
