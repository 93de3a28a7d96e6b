"""The programs of AutoML jobs. Each runs in a job of its own, in the environment of ``clary-automl``.

    python -m clary_automl analyze                     reads the data; writes split, plan and notebooks
    python -m clary_automl                             a training job: its hyperparameter ``_command`` is
        train                                              one candidate: fits it, logs its metrics
        fit-features                                       one feature pipeline
    python -m clary_automl apply-features              applies a fitted pipeline to the split
    python -m clary_automl report model-quality        measures the best candidate on the validation data
    python -m clary_automl report explainability       what each column contributes to its predictions

The search is AutoGluon's, pipelines and metrics are scikit-learn's.
"""
