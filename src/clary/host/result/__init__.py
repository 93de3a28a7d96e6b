"""How a host ended, and why, in the words of its user."""
