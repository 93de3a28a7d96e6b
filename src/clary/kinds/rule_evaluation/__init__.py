"""The kind ``rule-evaluation``: the rules of a training job, evaluated beside it."""
