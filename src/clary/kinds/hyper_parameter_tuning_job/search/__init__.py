"""The search for better hyperparameters: from the trials so far to the parameters of the next ones.

    space       what a parameter may be, and its scale
    suggestion  the next trials of a tuning job: a pure function, called in a thread
    uniform     Random and Hyperband: uniform on the scale of each parameter
    grid        every combination once
    model       Bayesian: the Parzen estimator of Optuna, which nothing else imports

Nothing here knows of jobs or records.
"""

from .space import Categories, Numbers, Parameter, Scale, Value
from .suggestion import Past, Strategy, TrialSearch, suggest

__all__ = [
    "Categories",
    "Numbers",
    "Parameter",
    "Past",
    "Scale",
    "Strategy",
    "TrialSearch",
    "Value",
    "suggest",
]
