"""Sound that is identified while it is made: `/v1/stream`."""
