"""MLflow's runs and model versions, and the promotion record that says how each came to its stage."""
