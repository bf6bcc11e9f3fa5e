"""The OpenAPI document as a page for people: every route with what it takes, answers and refuses."""
