"""Recipes times seeds: plan, run in processes of their own, tables, comparison."""
