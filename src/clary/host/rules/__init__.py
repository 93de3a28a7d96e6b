"""Parts of the evaluation of rules: the source of a custom rule, and what an evaluator reports."""
