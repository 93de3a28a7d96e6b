"""What every subject shares: servers, environments of peers, turns, tables."""
