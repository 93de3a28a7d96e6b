"""What drawing a network can say no to.

NothingToDraw   no activation was saved that answers the question; a ValueError
NoNotebook      the packages of a notebook's widget are missing; an ImportError
TooLarge        a page would hold more than a browser opens gladly; a ValueError
"""

from __future__ import annotations


class NothingToDraw(ValueError):
    pass


class NoNotebook(ImportError):
    pass


class TooLarge(ValueError):
    pass
