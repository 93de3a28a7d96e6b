"""Series of points: how they lie in tables, and what is known of each without reading a point.

    batch ──► inbox          small ones wait here: one row of one table, whatever they are of
                │ fold       when 512 points wait, or somebody wants to see them
                ▼
              rows           a summary for each series
              chunks         its points, packed

Everything here belongs to the caller's transaction.
"""
