"""What each framework does where a serving script leaves a function out; one file for each.

PRELOAD   modules to import before workers are forked: those that survive a fork
CONTRACT  the class of the loaded model, derived from ``contract.Contract``

The imports of a framework are inside functions: the file itself costs nothing.
"""
