"""The script that the server runs, installed with the package; a checkout has the same in `app.py`."""

from domainaug.app.navigation import navigate

if __name__ == "__main__":  # a process that a page starts reads this file too, and draws nothing
    navigate()
