"""The fault zoo: small real trainings, most of them with one planted fault, and which rules fire on them."""
