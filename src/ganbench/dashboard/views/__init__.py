"""The Streamlit pages: widgets only; other modules produce what they show."""
