"""The app: `streamlit run app.py -- --root DIR`, where DIR holds the images to choose from."""

from domainaug.app.navigation import navigate

if __name__ == "__main__":  # a process that a page starts reads this file too, and draws nothing
    navigate()
