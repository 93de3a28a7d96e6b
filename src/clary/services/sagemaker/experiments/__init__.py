"""Experiments, their trials, and the components that trials are made of."""
