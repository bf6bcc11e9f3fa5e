"""From a registered bundle to traffic: tracks, a router with weights, and the analysis of a canary."""
