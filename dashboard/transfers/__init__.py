"""Who paid whom, beyond the evidence of one alert: read from a lake, else from what alerts say, followed from
wallet to wallet, and measured as a graph. Every answer is bounded and says where it was cut.
"""
