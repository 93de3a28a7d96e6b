"""The path that scripts import from; nothing is beta about it any more."""
