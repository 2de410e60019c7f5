"""The outside world: the systems of one tenant. SDKs, URLs and retries live here only."""
