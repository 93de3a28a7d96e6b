"""What is staged on a host before the user's process starts: channels, source, requirements."""
