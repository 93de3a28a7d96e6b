"""Stores series of points in tables, with a summary of each series.

    batch ──► inbox          a small batch waits here: one row, for all its series
                │ fold       when 512 points wait, or when they are read
                ▼
              rows           the summary of each series
              chunks         its points, packed

All functions run in the caller's transaction.
"""
