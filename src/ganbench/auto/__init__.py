"""The recipe ``auto``: inspect the user's images, choose a recipe by fixed rules, and explain each choice."""
