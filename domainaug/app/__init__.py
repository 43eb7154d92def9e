"""The app: pages that draw what plain functions of the library decide.

`streamlit run app.py -- --root DIR`, or `domainaug app --root DIR`. Streamlit is imported in this package and nowhere
else; what a page shows can be had without it.
"""
