"""CloudWatch metrics: what jobs measured, as the SDK's analytics read it. Points come from jobs only."""
