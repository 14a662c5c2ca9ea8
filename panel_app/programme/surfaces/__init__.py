"""What other surfaces ask for: the use cases behind the API. Knows no HTTP; each is one step with its key."""
