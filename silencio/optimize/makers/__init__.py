"""What makes a smaller or faster file of an exported model: one maker a library."""
