"""inference.py of the scaler that ``training/scaled_trees.py`` saves: CSV in, scaled rows as CSV out."""

import io
import os

import joblib
import numpy


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "scaler.joblib"))


def input_fn(body, content_type):
    text = body.decode() if isinstance(body, bytes) else body
    return numpy.loadtxt(io.StringIO(text), delimiter=",", ndmin=2)


def predict_fn(rows, scaler):
    return scaler.transform(rows)


def output_fn(rows, accept):
    written = io.StringIO()
    numpy.savetxt(written, rows, delimiter=",")
    return written.getvalue(), "text/csv"
