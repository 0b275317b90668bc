"""The pages that Streamlit draws: widgets and their answers; what they show is made elsewhere."""
