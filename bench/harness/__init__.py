"""The parts that all subjects share: servers, environments of peers, turns, tables."""
