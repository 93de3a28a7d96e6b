"""The part of AWS's XGBoost container that scripts import: reading data, and training on several hosts."""
