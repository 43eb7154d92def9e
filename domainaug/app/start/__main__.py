"""The server's process: Streamlit's own command line, with the library loading beside it."""

from streamlit.web.cli import main

from domainaug.app.start.warming import warm_beside

if __name__ == "__main__":
    warm_beside()
    main(prog_name="streamlit")
