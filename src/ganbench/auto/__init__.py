"""The recipe ``auto``: inspect the user's pictures, apply written rules, and give a reason for each choice."""
