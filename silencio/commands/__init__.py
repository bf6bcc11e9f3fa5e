"""The command's doors, one file a noun; what takes long to import is imported behind them."""
