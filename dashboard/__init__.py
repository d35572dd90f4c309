"""What people use: the sink that files alerts, the store, and the Streamlit screens."""
