"""Lineage: what was made from what. Vertices have a source; associations are the edges between them."""
