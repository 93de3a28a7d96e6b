"""Where hosts run: backends, the machine's capacity, and the meaning of image and instance names."""
