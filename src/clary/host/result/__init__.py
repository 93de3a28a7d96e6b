"""How a host ended, and why: outcome and FailureReason."""
