"""The built-in rules over tensors, one per file. A file that is added here is a rule; no list is edited.

A rule is the only class that its file defines, and ``rule_to_invoke`` names that class. Users see ``meaning``
and ``remedy`` with every firing. A section of ``docs/user/rules.md`` describes each rule in detail.
"""
