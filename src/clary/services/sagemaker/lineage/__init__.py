"""Lineage: which data, code and jobs a result came from, as a graph of vertices and associations."""
