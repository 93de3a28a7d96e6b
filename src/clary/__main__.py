"""``python -m clary`` is the ``clary`` command."""

from clary.cli import main

main()
