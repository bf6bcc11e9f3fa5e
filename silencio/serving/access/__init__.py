"""Who may ask: keys with scopes, how often, and from which pages."""
