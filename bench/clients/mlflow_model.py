"""Writes a model as MLflow's users do: of scikit-learn as it is, another one as a function of Python."""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any


def main(module: str, folder: str) -> None:
    served = importlib.import_module(module)
    model = served.made()
    if type(model).__module__.startswith("sklearn."):
        import mlflow.sklearn

        mlflow.sklearn.save_model(model, folder)
        return

    import mlflow.pyfunc

    class Served(mlflow.pyfunc.PythonModel):
        def load_context(self, context: Any) -> None:
            self.model = served.made()

        # Without annotations: MLflow would take them for a schema.
        def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
            return served.predict(self.model, model_input).tolist()

    mlflow.pyfunc.save_model(folder, python_model=Served(), pip_requirements=[])


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
    print(json.dumps({}))
