"""The Streamlit screens, one file each. Nothing from the chain reaches a Markdown widget."""
