"""The API, a group of routes a module, each made by `routes(service)`."""
