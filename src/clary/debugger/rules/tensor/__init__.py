"""The built-in rules over tensors, one a file. A file dropped in here is a rule; there is no list to edit.

A rule is the one class its file defines, and ``rule_to_invoke`` names that class. ``meaning`` and
``remedy`` go with every firing; its section in ``docs/user/rules.md`` explains it at length.
"""
