"""The Runs and Review pages: runs as cards, copies judged one after the other, and what follows from it."""
