"""Queries: what a program is asked, each answer exact, bounded, or an estimate with its error."""
