"""A stream of recordings, simulated: one side writes a minute now and then, the other asks the service about each."""
