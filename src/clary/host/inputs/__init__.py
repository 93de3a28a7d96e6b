"""What comes to a host before the user's process starts: channels, source, requirements."""
