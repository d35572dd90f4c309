"""What is said to people, and how it travels: alerts, their limits in bytes, records, text that hides
nothing.
"""
