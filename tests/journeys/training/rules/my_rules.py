"""Rules of a user's own, as the developer guide shows them."""

from smdebug.rules.rule import Rule


class LargeWeight(Rule):
    """Weights that are larger than they should be."""

    def __init__(self, base_trial, threshold="10"):
        super().__init__(base_trial)
        self.threshold = float(threshold)

    def set_required_tensors(self, step):
        for name in self.base_trial.tensor_names(collection="weights"):
            self.req_tensors.add(name, steps=[step])

    def invoke_at_step(self, step):
        for tensor in self.req_tensors.get():
            if abs(tensor.value(step)).max() > self.threshold:
                print(f"{tensor.name} is too large")
                return True
        return False


class Broken(Rule):
    def __init__(self, base_trial):
        super().__init__(base_trial)

    def set_required_tensors(self, step):
        pass

    def invoke_at_step(self, step):
        raise RuntimeError("this rule does not work")
