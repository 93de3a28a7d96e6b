"""The loop that makes the world match what is stored, and writes back what it saw."""
