"""The contract: what a Misskey server answers, and that our sandbox answers the same."""
