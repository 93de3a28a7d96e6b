"""The fault zoo: small real trainings, most with one planted fault, and what the rules say about them."""
