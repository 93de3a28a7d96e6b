"""Search and GetSearchSuggestions."""
